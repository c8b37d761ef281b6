/* Multicast and fixed-route router of a chip. */
#include <stdlib.h>
#include <string.h>

#include "board.h"

enum { LOCAL_MC, REMOTE_MC, LOCAL_FR = 6, REMOTE_FR, DROPPED_MC, DROPPED_FR = 11 };

#define COUNTER(n) (0x300 / 4 + (n))

void router_forget(chip_t *chip)
{
    if (chip->cache_empty) return; /* tables are loaded word by word */
    for (int i = 0; i < ROUTE_CACHE; i++) chip->cache[i].entry = -2;
    chip->cache_empty = 1;
}

uint32_t router_load(chip_t *chip, uint32_t offset)
{
    if (offset < 0x400) {
        uint32_t value = chip->router[offset / 4];
        if (offset == 0x28) chip->router[0x28 / 4] = 0;         /* dump status clears on reading */
        if (offset == 0x28) chip->router[0x04 / 4] &= ~(1u << 30);
        if (offset == 0x28)
            for (int i = 0; i < CORES; i++) vic_line(&chip->core[i], INT_ROUTER_DUMP, 0);
        return value;
    }
    if (offset >= 0x4000 && offset < 0x5000) return chip->route[(offset - 0x4000) / 4];
    if (offset >= 0x8000 && offset < 0x9000) return chip->key[(offset - 0x8000) / 4];
    if (offset >= 0xc000 && offset < 0xd000) return chip->mask[(offset - 0xc000) / 4];
    if (offset >= 0x10000 && offset < 0x18000) return chip->p2p[(offset - 0x10000) / 4];
    return 0;
}

static int used(const chip_t *chip, int i)
{
    return chip->route[i] != 0xff000000u && (chip->key[i] & ~chip->mask[i]) == 0;
}

void router_store(chip_t *chip, uint32_t offset, uint32_t value)
{
    if (offset < 0x400) {
        if (offset == 0x2c) { /* upper half clears counters, lower half enables them */
            for (int i = 0; i < 16; i++)
                if (value >> (16 + i) & 1) chip->router[COUNTER(i)] = 0;
            value &= 0xffff;
        }
        chip->router[offset / 4] = value;
        return;
    }
    int i = (int)(offset & 0xfff) / 4;
    if (offset >= 0x4000 && offset < 0x5000) chip->route[i] = value;
    else if (offset >= 0x8000 && offset < 0x9000) chip->key[i] = value;
    else if (offset >= 0xc000 && offset < 0xd000) chip->mask[i] = value;
    else if (offset >= 0x10000 && offset < 0x18000) {
        chip->p2p[(offset - 0x10000) / 4] = value;
        return;
    } else return;
    if (used(chip, i) && i >= chip->routes_used) chip->routes_used = i + 1;
    while (chip->routes_used && !used(chip, chip->routes_used - 1)) chip->routes_used--;
    router_forget(chip);
}

static int32_t look_up(chip_t *chip, uint32_t key)
{
    route_cache_t *line = &chip->cache[(key ^ key >> 10 ^ key >> 20) & (ROUTE_CACHE - 1)];
    if (line->entry != -2 && line->key == key) return line->entry;
    int32_t found = -1;
    for (int i = 0; i < chip->routes_used; i++) {
        if ((key & chip->mask[i]) == chip->key[i] && used(chip, i)) {
            found = i;
            break;
        }
    }
    line->key = key;
    line->entry = found;
    chip->cache_empty = 0;
    return found;
}

static void count(chip_t *chip, int counter)
{
    chip->router[COUNTER(counter)]++;
}

static void dropped(board_t *b, chip_t *chip, const packet_t *p, uint32_t targets, int fixed)
{
    count(chip, fixed ? DROPPED_FR : DROPPED_MC);
    b->dropped++;
    for (int i = 0; i < CORES; i++)
        if (targets >> (LINKS + i) & 1) chip->core[i].packets_dropped++;
    if (chip->router[0x28 / 4] >> 31) { /* one packet is kept for re-injection, the rest overflow */
        chip->router[0x28 / 4] |= 1u << 30;
        return;
    }
    chip->router[0x18 / 4] = p->control;
    chip->router[0x1c / 4] = p->key;
    chip->router[0x20 / 4] = p->data;
    chip->router[0x24 / 4] = targets;
    chip->router[0x28 / 4] = 0x80000000u;
    chip->router[0x04 / 4] |= 1u << 30;
    for (int i = 1; i < CORES; i++) vic_line(&chip->core[i], INT_ROUTER_DUMP, 1);
}

static void to_core(board_t *b, chip_t *chip, int number, const packet_t *p, int fixed)
{
    core_t *c = &chip->core[number];
    if (c->state == RUN_OFF) return; /* a sleeping core's clock is off: nobody reads it */
    if (comms_receive(c, *p)) return;
    if (b->waiting_count == b->waiting_capacity) {
        size_t capacity = b->waiting_capacity ? b->waiting_capacity * 2 : 64;
        waiting_t *more = realloc(b->waiting, capacity * sizeof *more);
        if (!more) {
            dropped(b, chip, p, 1u << (LINKS + number), fixed);
            return;
        }
        b->waiting = more;
        b->waiting_capacity = capacity;
    }
    waiting_t *w = &b->waiting[b->waiting_count++];
    w->packet = *p;
    w->chip = chip->index;
    w->core = number;
    w->deadline = b->time + b->timing.router_timeout;
}

static void route(board_t *b, int index, const packet_t *p, int from_link, int hops)
{
    chip_t *chip = &b->chips[index];
    int fixed = (p->control >> 22 & 3) == 3;
    uint32_t targets;
    if (hops > 1024) { /* a loop in the tables */
        b->unrouted++;
        return;
    }
    count(chip, (fixed ? LOCAL_FR : LOCAL_MC) + (from_link >= 0));
    if (fixed) {
        targets = chip->router[0x84 / 4] & 0xffffff;
    } else {
        int32_t entry = look_up(chip, p->key);
        if (entry >= 0) {
            targets = chip->route[entry] & 0xffffff;
        } else if (from_link >= 0) {
            targets = 1u << ((from_link + 3) % 6); /* straight on */
        } else {
            b->unrouted++;
            count(chip, DROPPED_MC);
            return;
        }
    }
    for (int i = 0; i < CORES; i++)
        if (targets >> (LINKS + i) & 1) to_core(b, chip, i, p, fixed);
    for (int i = 0; i < LINKS; i++) {
        if (!(targets >> i & 1)) continue;
        if (chip->neighbour[i] < 0) {
            b->unrouted++;
            count(chip, fixed ? DROPPED_FR : DROPPED_MC);
        } else {
            route(b, chip->neighbour[i], p, (i + 3) % 6, hops + 1);
        }
    }
}

static int earlier(const void *left, const void *right)
{
    const sent_t *a = left, *b = right;
    if (a->time != b->time) return a->time < b->time ? -1 : 1;
    /* equal times: chip, then core, whatever the order of execution was */
    return a->core != b->core ? (int)a->core - (int)b->core : 0;
}

/* Runs between windows, on one thread: delivers what was sent, in order of sending. */
void router_deliver(board_t *b)
{
    size_t kept = 0, waiting = b->waiting_count;
    for (size_t i = 0; i < waiting; i++) {
        waiting_t w = b->waiting[i];
        chip_t *chip = &b->chips[w.chip];
        if (chip->core[w.core].state == RUN_OFF || comms_receive(&chip->core[w.core], w.packet)) continue;
        if (b->time >= w.deadline)
            dropped(b, chip, &w.packet, 1u << (LINKS + w.core), (w.packet.control >> 22 & 3) == 3);
        else
            b->waiting[kept++] = w;
    }
    b->waiting_count = kept;
    for (int index = 0; index < b->chip_count; index++) {
        chip_t *chip = &b->chips[index];
        if (!chip->sent_count) continue;
        if (chip->sent_count > 1) qsort(chip->sent, chip->sent_count, sizeof(sent_t), earlier);
        for (size_t i = 0; i < chip->sent_count; i++) {
            const packet_t *p = &chip->sent[i].packet;
            uint32_t type = p->control >> 22 & 3;
            if (type == 0 || type == 3) route(b, index, p, -1, 0);
            else b->unrouted++; /* point-to-point and neighbour packets end at the monitor */
        }
        chip->sent_count = 0;
    }
}
