/* DMA controller of a core: one transfer active, one queued. */
#include <string.h>

#include "board.h"

static void begin(core_t *c, uint32_t system, uint32_t tcm, uint32_t description)
{
    dma_t *d = &c->dma;
    const timing_t *t = &c->chip->board->timing;
    uint32_t bytes = description & 0x1fffc;
    uint8_t *far = bus_memory(c->chip, NULL, system, bytes);
    uint8_t *near = bus_memory(c->chip, c, tcm, bytes);
    if (!far || !near) {
        vic_line(c, INT_DMA_ERROR, 1);
    } else if (description & (1u << 19)) {
        memmove(far, near, bytes);
    } else {
        memmove(near, far, bytes);
        if (tcm < ITCM_BYTES) processor_forget(&c->cpu, tcm, bytes);
    }
    d->busy_until = core_now(c) + t->dma_setup + ((int64_t)(bytes / 4) * t->dma_word_eighths) / 8;
    c->dma_transfers++;
    c->cpu.attention = 1;
}

uint32_t dma_load(core_t *c, uint32_t offset)
{
    dma_t *d = &c->dma;
    dma_run(c, core_now(c));
    switch (offset) {
    case 0x04: return d->system;
    case 0x08: return d->tcm;
    case 0x0c: return d->description;
    case 0x14:
        return (uint32_t)c->number << 24 | (d->busy_until != NEVER) | (uint32_t)d->queued << 2 |
               d->done << 10;
    case 0x18: return d->global_control;
    case 0x28: return d->statistics_control;
    default: return 0;
    }
}

static void start_queued(core_t *c)
{
    dma_t *d = &c->dma;
    if (!d->queued || d->busy_until != NEVER || d->done) return;
    d->queued = 0;
    begin(c, d->queued_system, d->queued_tcm, d->queued_description);
}

void dma_store(core_t *c, uint32_t offset, uint32_t value)
{
    dma_t *d = &c->dma;
    dma_run(c, core_now(c));
    switch (offset) {
    case 0x04: d->system = value; break;
    case 0x08: d->tcm = value; break;
    case 0x0c:
        d->description = value;
        if (d->busy_until == NEVER && !d->done && !d->queued) {
            begin(c, d->system, d->tcm, value);
        } else if (!d->queued) {
            d->queued = 1;
            d->queued_system = d->system;
            d->queued_tcm = d->tcm;
            d->queued_description = value;
        }
        break;
    case 0x10:
        if (value & 1) d->queued = 0;
        if (value & 2) d->busy_until = NEVER;
        if (value & 8) {
            d->done = 0;
            vic_line(c, INT_DMA_DONE, 0);
            vic_line(c, INT_DMA_ERROR, 0);
        }
        start_queued(c);
        break;
    case 0x18:
        d->global_control = value;
        vic_line(c, INT_DMA_DONE, d->done && (value >> 10 & 1));
        break;
    case 0x28: d->statistics_control = value; break;
    default: break;
    }
}

void dma_run(core_t *c, int64_t now)
{
    dma_t *d = &c->dma;
    if (d->busy_until > now) return;
    d->busy_until = NEVER;
    d->done = 1;
    if (d->global_control >> 10 & 1) vic_line(c, INT_DMA_DONE, 1);
}

int64_t dma_next(const core_t *c)
{
    return c->dma.busy_until;
}
