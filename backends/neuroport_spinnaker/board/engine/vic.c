/* Vectored interrupt controller of a core: 16 nested vectors, one fast interrupt. */
#include "board.h"

static uint32_t pending(const interrupt_controller_t *v)
{
    return (v->raw | v->soft) & v->enable;
}

static int highest(const interrupt_controller_t *v, uint32_t irq)
{
    for (int i = 0; i < 16; i++)
        if ((v->control[i] & 0x20) && (irq >> (v->control[i] & 31)) & 1) return i;
    return irq ? 16 : 17;
}

void vic_update(core_t *c)
{
    interrupt_controller_t *v = &c->vic;
    uint32_t active = pending(v), lines = active & v->select ? 2 : 0;
    uint32_t irq = active & ~v->select;
    if (irq && highest(v, irq) < v->level[v->depth]) lines |= 1;
    c->cpu.lines = lines;
    if (((lines & 1) && !(c->cpu.control & PSR_I)) || ((lines & 2) && !(c->cpu.control & PSR_F)))
        c->cpu.attention = 1;
}

int vic_wakes(const core_t *c)
{
    return pending(&c->vic) != 0;
}

void vic_line(core_t *c, int line, int level)
{
    uint32_t bit = 1u << line;
    uint32_t raw = level ? c->vic.raw | bit : c->vic.raw & ~bit;
    if (raw == c->vic.raw) return;
    c->vic.raw = raw;
    vic_update(c);
}

uint32_t vic_load(core_t *c, uint32_t offset)
{
    interrupt_controller_t *v = &c->vic;
    uint32_t active = pending(v);
    if (offset >= 0x200 && offset < 0x240) return v->control[(offset - 0x200) / 4];
    if (offset >= 0x100 && offset < 0x140) return v->vector[(offset - 0x100) / 4];
    switch (offset) {
    case 0x00: return active & ~v->select;
    case 0x04: return active & v->select;
    case 0x08: return v->raw | v->soft;
    case 0x0c: return v->select;
    case 0x10: return v->enable;
    case 0x18: return v->soft;
    case 0x30: {
        int slot = highest(v, active & ~v->select);
        if (v->depth < 17) v->level[++v->depth] = (uint8_t)(slot > 16 ? 16 : slot);
        vic_update(c);
        return slot < 16 ? v->vector[slot] : v->fallback;
    }
    case 0x34: return v->fallback;
    default: return 0;
    }
}

void vic_store(core_t *c, uint32_t offset, uint32_t value)
{
    interrupt_controller_t *v = &c->vic;
    if (offset >= 0x200 && offset < 0x240) v->control[(offset - 0x200) / 4] = value & 0x3f;
    else if (offset >= 0x100 && offset < 0x140) v->vector[(offset - 0x100) / 4] = value;
    else switch (offset) {
    case 0x0c: v->select = value; break;
    case 0x10: v->enable |= value; break;
    case 0x14: v->enable &= ~value; break;
    case 0x18: v->soft |= value; break;
    case 0x1c: v->soft &= ~value; break;
    case 0x30: if (v->depth) v->depth--; break;
    case 0x34: v->fallback = value; break;
    default: return;
    }
    vic_update(c);
}
