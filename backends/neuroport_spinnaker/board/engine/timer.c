/* Two down counters per core, clocked at 200 MHz through a prescaler. */
#include "board.h"

#define ENABLED 0x80u
#define PERIODIC 0x40u
#define INTERRUPT 0x20u
#define WIDE 0x02u
#define ONE_SHOT 0x01u
/* Cycles of one look at the counter over the peripheral bus; it also makes polling cheaper to emulate. */
#define POLL_COST 16

static int scale(const countdown_t *t)
{
    return (t->control >> 2 & 3) == 1 ? 4 : (t->control >> 2 & 3) == 2 ? 8 : 0;
}

static int64_t expiry(const countdown_t *t)
{
    int64_t value = t->value ? t->value : 1;
    return t->since + (value << scale(t));
}

/* Moves the counter past every zero up to now. */
static void settle(countdown_t *t, int64_t now)
{
    while ((t->control & ENABLED) && expiry(t) <= now) {
        t->since = expiry(t);
        t->raised = 1;
        if (t->control & ONE_SHOT) {
            t->control &= ~ENABLED;
            t->value = 0;
        } else if (t->control & PERIODIC) {
            int64_t period = (int64_t)(t->background ? t->background : 1) << scale(t);
            t->value = t->background;
            if (now - t->since >= period) t->since += (now - t->since) / period * period;
        } else {
            t->value = t->control & WIDE ? 0xffffffffu : 0xffffu;
        }
    }
}

static void update(core_t *c, int i)
{
    countdown_t *t = &c->timer[i];
    vic_line(c, INT_TIMER1 + i, t->raised && (t->control & INTERRUPT));
}

static uint32_t count(countdown_t *t, int64_t now)
{
    if (!(t->control & ENABLED)) return t->value;
    return t->value - (uint32_t)((now - t->since) >> scale(t));
}

uint32_t timer_load(core_t *c, uint32_t offset)
{
    int i = (offset >> 5) & 1;
    countdown_t *t = &c->timer[i];
    settle(t, c->cpu.time);
    switch (offset & 0x1f) {
    case 0x00: return t->load;
    case 0x04:
        c->cpu.extra += POLL_COST;
        return count(t, c->cpu.time);
    case 0x08: return t->control;
    case 0x10: return t->raised;
    case 0x14: return t->raised && (t->control & INTERRUPT);
    case 0x18: return t->background;
    default: return 0;
    }
}

void timer_store(core_t *c, uint32_t offset, uint32_t value)
{
    int i = (offset >> 5) & 1;
    int64_t now = c->cpu.time;
    countdown_t *t = &c->timer[i];
    settle(t, now);
    switch (offset & 0x1f) {
    case 0x00:
        t->load = t->background = t->value = value;
        t->since = now;
        break;
    case 0x08: {
        uint32_t at = count(t, now);
        t->control = value & 0xff;
        t->value = at;
        t->since = now;
        break;
    }
    case 0x0c: t->raised = 0; break;
    case 0x18: t->load = t->background = value; break;
    default: return;
    }
    update(c, i);
    c->cpu.attention = 1; /* the next event may be nearer now */
}

void timer_run(core_t *c, int64_t now)
{
    for (int i = 0; i < 2; i++) {
        if (!(c->timer[i].control & ENABLED) || !(c->timer[i].control & INTERRUPT)) continue;
        settle(&c->timer[i], now);
        update(c, i);
    }
}

int64_t timer_next(const core_t *c)
{
    int64_t next = NEVER;
    for (int i = 0; i < 2; i++) {
        const countdown_t *t = &c->timer[i];
        if ((t->control & ENABLED) && (t->control & INTERRUPT) && !t->raised && expiry(t) < next)
            next = expiry(t);
    }
    return next;
}
