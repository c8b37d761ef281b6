/* Virtual time: windows in which cores run alone, packets exchanged in between. */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "operations.h"

int64_t core_now(const core_t *c)
{
    return c->cpu.time;
}

static int64_t *wake_slot(core_t *c)
{
    return &c->chip->board->wake[c->chip->index * CORES + c->number];
}

static int64_t next_event(const core_t *c)
{
    int64_t timer = timer_next(c), dma = dma_next(c);
    return timer < dma ? timer : dma;
}

void core_wake(core_t *c, int64_t now)
{
    if (c->state != RUN_WAITING || !vic_wakes(c)) return;
    if (c->cpu.time < now) c->cpu.time = now;
    c->state = RUN_ACTIVE;
    *wake_slot(c) = c->cpu.time;
}

static void core_run(core_t *c, int64_t end)
{
    processor_t *p = &c->cpu;
    for (;;) {
        if (c->state == RUN_WAITING) {
            int64_t next = next_event(c);
            if (!vic_wakes(c)) {
                if (next >= end) {
                    *wake_slot(c) = next;
                    return;
                }
                if (p->time < next) p->time = next;
            }
            timer_run(c, p->time);
            dma_run(c, p->time);
            if (!vic_wakes(c)) continue;
            c->state = RUN_ACTIVE;
        }
        if (p->time >= end) {
            *wake_slot(c) = p->time;
            return;
        }
        timer_run(c, p->time);
        dma_run(c, p->time);
        if ((p->lines & 2) && !(p->control & PSR_F)) processor_exception(p, MODE_FIQ, 0x1c, p->pc + 4);
        else if ((p->lines & 1) && !(p->control & PSR_I))
            processor_exception(p, MODE_IRQ, 0x18, p->pc + 4);
        int64_t next = next_event(c);
        p->slice_end = next < end ? next : end;
        if (processor_execute(p) == STOP_WAIT) c->state = RUN_WAITING;
    }
}

static void chip_run(board_t *b, int index)
{
    chip_t *chip = &b->chips[index];
    const int64_t *wake = b->wake + index * CORES;
    for (int i = 1; i < CORES; i++)
        if (wake[i] < b->window_end) core_run(&chip->core[i], b->window_end);
}

static void clock_tick(board_t *b)
{
    int64_t ms = b->time / CYCLES_PER_MS;
    if (ms == b->clock_ms) return;
    for (int i = 0; i < b->chip_count; i++) {
        uint8_t *sv = b->chips[i].sysram + 0x7f00;
        uint32_t passed = (uint32_t)(ms - b->clock_ms);
        *(uint64_t *)(sv + 0x10) += passed;
        uint32_t within = *(uint16_t *)(sv + 0x18) + passed;
        *(uint32_t *)(sv + 0x1c) += within / 1000;
        *(uint16_t *)(sv + 0x18) = (uint16_t)(within % 1000);
    }
    b->clock_ms = ms;
}

static int monitor_wanted(const board_t *b)
{
    for (int i = 0; i < b->chip_count; i++)
        if (b->chips[i].monitor_requests) return 1;
    return 0;
}

enum run_result board_run(board_t *b, int64_t windows, int64_t until)
{
    const int64_t w = b->timing.window;
    const int total = b->chip_count * CORES;
    for (;;) {
        if (b->message_count) return RUN_MESSAGES;
        if (b->interrupt) {
            b->interrupt = 0;
            return RUN_INTERRUPTED;
        }
        if (windows-- <= 0 || b->time >= until) return RUN_LIMIT;
        int64_t first = NEVER;
        int busy = 0;
        for (int i = 0; i < total; i++)
            if (b->wake[i] < first) first = b->wake[i];
        if (b->waiting_count || monitor_wanted(b)) first = b->time;
        if (first == NEVER) return RUN_IDLE;
        if (first >= b->time + w) { /* nothing happens before: skip whole windows */
            int64_t target = first / w * w;
            b->time = target < until ? target : until;
            clock_tick(b);
            continue;
        }
        b->window_end = (b->time / w + 1) * w;
        for (int i = 0; i < b->chip_count && busy < 2; i++)
            for (int k = 1; k < CORES; k++)
                if (b->wake[i * CORES + k] < b->window_end) {
                    busy++;
                    break;
                }
        if (b->pool && busy > 1) pool_run(b->pool);
        else
            for (int i = 0; i < b->chip_count; i++) chip_run(b, i);
        b->windows++;
        b->time = b->window_end;
        router_deliver(b);
        mailbox_collect(b);
        clock_tick(b);
    }
}

int core_memory(core_t *c)
{
    processor_t *p = &c->cpu;
    if (p->itcm) return 1;
    p->itcm = calloc(1, ITCM_BYTES);
    p->dtcm = calloc(1, DTCM_BYTES);
    p->arm = calloc(ARM_SLOTS + 1, sizeof *p->arm);
    p->thumb = calloc(THUMB_SLOTS + 1, sizeof *p->thumb);
    if (!p->itcm || !p->dtcm || !p->arm || !p->thumb) return 0;
    processor_forget(p, 0, ITCM_BYTES);
    p->arm[ARM_SLOTS].op = p->thumb[THUMB_SLOTS].op = OP_FETCH_FAULT;
    p->core = c;
    p->branch_cost = c->chip->board->timing.branch_cost;
    return 1;
}

static void devices_reset(core_t *c)
{
    communication_t m = c->comms;
    memset(&c->vic, 0, sizeof c->vic);
    memset(c->timer, 0, sizeof c->timer);
    memset(&c->dma, 0, sizeof c->dma);
    c->dma.busy_until = NEVER;
    c->vic.level[0] = 17;
    c->vic.raw = (1u << INT_TX_EMPTY) | (1u << INT_TX_NOT_FULL);
    m.tcr = m.data = 0;
    m.has_data = 0;
    m.head = m.count = 0;
    c->comms = m;
    c->cpu.lines = 0;
    c->timer[0].control = c->timer[1].control = 0x20;
}

int core_start(core_t *c, uint32_t r0)
{
    if (!core_memory(c)) return 0;
    devices_reset(c);
    processor_reset(&c->cpu, r0);
    if (c->cpu.time < c->chip->board->time) c->cpu.time = c->chip->board->time;
    c->state = RUN_ACTIVE;
    *wake_slot(c) = c->cpu.time;
    return 1;
}

void core_stop(core_t *c)
{
    devices_reset(c);
    c->state = RUN_OFF;
    *wake_slot(c) = NEVER;
}

board_t *board_new(int chips, int threads, const timing_t *timing)
{
    board_t *b = calloc(1, sizeof *b);
    if (!b) return NULL;
    b->timing = *timing;
    b->chip_count = chips;
    b->threads = threads;
    b->chips = calloc((size_t)chips, sizeof *b->chips);
    b->wake = calloc((size_t)chips * CORES, sizeof *b->wake);
    if (!b->chips || !b->wake) {
        board_free(b);
        return NULL;
    }
    for (int i = 0; i < chips; i++) {
        chip_t *chip = &b->chips[i];
        chip->board = b;
        chip->index = i;
        chip->sdram = calloc(1, SDRAM_BYTES);
        chip->sysram = calloc(1, SYSRAM_BYTES);
        if (!chip->sdram || !chip->sysram) {
            board_free(b);
            return NULL;
        }
        for (int k = 0; k < LINKS; k++) chip->neighbour[k] = -1;
        for (int k = 0; k < ROUTES; k++) {
            chip->route[k] = 0xff000000u;
            chip->key[k] = 0xffffffffu;
        }
        router_forget(chip);
        for (int k = 0; k < CORES; k++) {
            core_t *c = &chip->core[k];
            c->chip = chip;
            c->number = k;
            core_stop(c);
        }
    }
    if (threads > 1 && chips > 1) b->pool = pool_new(threads, b, chip_run);
    return b;
}

void board_free(board_t *b)
{
    if (!b) return;
    pool_free(b->pool);
    for (int i = 0; b->chips && i < b->chip_count; i++) {
        chip_t *chip = &b->chips[i];
        for (int k = 0; k < CORES; k++) {
            processor_free(&chip->core[k].cpu);
            free(chip->core[k].comms.fifo);
        }
        free(chip->sdram);
        free(chip->sysram);
        free(chip->sent);
    }
    free(b->chips);
    free(b->wake);
    free(b->messages);
    free(b->waiting);
    free(b);
}
