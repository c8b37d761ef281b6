/* Address map: which memory or device answers. */
#include "board.h"

static uint8_t *shared_memory(chip_t *chip, uint32_t address, uint32_t bytes)
{
    uint32_t offset = address & 0x0fffffff;
    if (address >> 28 == 6 || address >> 28 == 7)
        return offset < SDRAM_BYTES && bytes <= SDRAM_BYTES - offset ? chip->sdram + offset : NULL;
    if (address >> 24 == 0xe5 || address >> 24 == 0xf5) {
        offset = address & 0xffffff;
        return offset < SYSRAM_BYTES && bytes <= SYSRAM_BYTES - offset ? chip->sysram + offset : NULL;
    }
    return NULL;
}

uint8_t *bus_memory(chip_t *chip, core_t *c, uint32_t address, uint32_t bytes)
{
    if (c && c->cpu.itcm) {
        uint32_t offset = address - DTCM_BASE;
        if (address < ITCM_BYTES && bytes <= ITCM_BYTES - address) return c->cpu.itcm + address;
        if (offset < DTCM_BYTES && bytes <= DTCM_BYTES - offset) return c->cpu.dtcm + offset;
    }
    return shared_memory(chip, address, bytes);
}

uint32_t bus_shared_load(chip_t *chip, uint32_t address, int *missing)
{
    uint32_t offset = address & 0xffffff;
    switch (address >> 24) {
    case 0xe1: case 0xf1: return router_load(chip, offset);
    case 0xe2: case 0xf2: return system_load(chip, offset);
    case 0xe0: case 0xf0: case 0xe3: case 0xf3: case 0xe4: case 0xf4: case 0xf6: return 0;
    default: *missing = 1; return 0;
    }
}

void bus_shared_store(chip_t *chip, uint32_t address, uint32_t value, int *missing)
{
    uint32_t offset = address & 0xffffff;
    switch (address >> 24) {
    case 0xe1: case 0xf1: router_store(chip, offset, value); break;
    case 0xe2: case 0xf2: system_store(chip, offset, value); break;
    case 0xe0: case 0xf0: case 0xe3: case 0xf3: case 0xe4: case 0xf4: break;
    default: *missing = 1;
    }
}

static void fail(processor_t *p, uint32_t address)
{
    p->abort = 1;
    p->abort_address = address;
}

static uint32_t device_load(core_t *c, uint32_t address)
{
    int missing = 0;
    uint32_t value;
    switch (address >> 24) {
    case 0x10: case 0x20: return comms_load(c, address & 0xff);
    case 0x11: case 0x21: return timer_load(c, address & 0x3f);
    case 0x1f: case 0x2f: case 0xff: return vic_load(c, address & 0xfff);
    case 0x30: case 0x40: return dma_load(c, address & 0xfff);
    default: break;
    }
    value = bus_shared_load(c->chip, address, &missing);
    if (missing) fail(&c->cpu, address);
    return value;
}

uint32_t bus_load(processor_t *p, uint32_t address, unsigned size)
{
    core_t *c = p->core;
    const uint8_t *m = bus_memory(c->chip, c, address, size);
    p->extra += c->chip->board->timing.memory_cost;
    if (m) return size == 4 ? *(const uint32_t *)m : size == 2 ? *(const uint16_t *)m : *m;
    uint32_t word = device_load(c, address & ~3u) >> (8 * (address & 3));
    return size == 4 ? word : size == 2 ? word & 0xffff : word & 0xff;
}

void bus_store(processor_t *p, uint32_t address, uint32_t value, unsigned size)
{
    core_t *c = p->core;
    int missing = 0;
    uint8_t *m = bus_memory(c->chip, c, address, size);
    p->extra += c->chip->board->timing.memory_cost / 4; /* stores are buffered */
    if (m) {
        if (size == 4) *(uint32_t *)m = value;
        else if (size == 2) *(uint16_t *)m = (uint16_t)value;
        else *m = (uint8_t)value;
        return;
    }
    switch (address >> 24) {
    case 0x10: case 0x20: comms_store(c, address & 0xff, value); return;
    case 0x11: case 0x21: timer_store(c, address & 0x3f, value); return;
    case 0x1f: case 0x2f: case 0xff: vic_store(c, address & 0xfff, value); return;
    case 0x30: case 0x40: dma_store(c, address & 0xfff, value); return;
    default: break;
    }
    bus_shared_store(c->chip, address, value, &missing);
    if (missing) fail(p, address);
}
