/* Memory as an instruction sees it: alignment, code that is written to, blocks with the S bit. */
#include "access.h"

#include "operands.h"
#include "operations.h"

void processor_forget(processor_t *p, uint32_t address, uint32_t bytes)
{
    if (!p->arm || !bytes) return;
    for (uint32_t i = address >> 2; i <= (address + bytes - 1) >> 2; i++) p->arm[i].op = OP_UNDECODED;
    for (uint32_t i = address >> 1; i <= (address + bytes - 1) >> 1; i++)
        p->thumb[i].op = OP_UNDECODED;
}

uint32_t slow_load(processor_t *p, uint32_t address, unsigned size)
{
    if (address & (size - 1)) {
        p->abort = 1;
        p->abort_address = address;
        return 0;
    }
    if (address < ITCM_BYTES) {
        const uint8_t *m = p->itcm + address;
        return size == 4 ? *(const uint32_t *)m : size == 2 ? *(const uint16_t *)m : *m;
    }
    return bus_load(p, address, size);
}

void slow_store(processor_t *p, uint32_t address, uint32_t value, unsigned size)
{
    if (address & (size - 1)) {
        p->abort = 1;
        p->abort_address = address;
    } else if (address < ITCM_BYTES) {
        uint8_t *m = p->itcm + address;
        if (size == 4) *(uint32_t *)m = value;
        else if (size == 2) *(uint16_t *)m = (uint16_t)value;
        else *m = (uint8_t)value;
        processor_forget(p, address, size);
    } else {
        bus_store(p, address, value, size);
    }
}

uint32_t any_load(processor_t *p, uint32_t address)
{
    uint32_t offset = address - DTCM_BASE;
    if (offset < DTCM_BYTES && !(address & 3)) return *(uint32_t *)(p->dtcm + offset);
    return slow_load(p, address, 4);
}

void any_store(processor_t *p, uint32_t address, uint32_t value)
{
    uint32_t offset = address - DTCM_BASE;
    if (offset < DTCM_BYTES && !(address & 3)) *(uint32_t *)(p->dtcm + offset) = value;
    else slow_store(p, address, value, 4);
}

void block_special(processor_t *p, const instruction_t *ip, int load)
{
    uint32_t address, final;
    int restore = load && (ip->list & 0x8000);
    block_range(ip, p->r[ip->rn], &address, &final);
    if (load && restore && (ip->sh & 1)) p->r[ip->rn] = final;
    for (int i = 0; i < 16; i++) {
        if (!((ip->list >> i) & 1)) continue;
        if (load) {
            uint32_t value = any_load(p, address);
            if (p->abort) return;
            if (restore) p->r[i] = value;
            else processor_set_reg_user(p, i, value);
        } else {
            any_store(p, address, processor_reg_user(p, i));
            if (p->abort) return;
        }
        address += 4;
    }
    if (!restore && (ip->sh & 1)) p->r[ip->rn] = final;
    if (restore) {
        uint32_t target = p->r[15];
        processor_set_psr(p, processor_spsr(p));
        p->pc = target & (p->control & PSR_T ? ~1u : ~3u);
    }
}
