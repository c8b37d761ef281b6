/* Communications controller of a core: sends on a key write, receives through a FIFO. */
#include <stdlib.h>
#include <string.h>

#include "board.h"

#define PAYLOAD 0x00020000u

static void lines(core_t *c)
{
    communication_t *m = &c->comms;
    uint32_t raw = c->vic.raw & ~((1u << INT_RX_READY) | (15u << INT_MULTICAST));
    if (m->count) {
        uint32_t type = m->fifo[m->head].control >> 22 & 3;
        raw |= (1u << INT_RX_READY) | (1u << (INT_MULTICAST + type));
    }
    raw |= (1u << INT_TX_EMPTY) | (1u << INT_TX_NOT_FULL);
    c->vic.raw = raw;
    vic_update(c);
}

static void send(core_t *c, uint32_t key)
{
    communication_t *m = &c->comms;
    chip_t *chip = c->chip;
    if (chip->sent_count == chip->sent_capacity) {
        size_t capacity = chip->sent_capacity ? chip->sent_capacity * 2 : 64;
        sent_t *more = realloc(chip->sent, capacity * sizeof *more);
        if (!more) return;
        chip->sent = more;
        chip->sent_capacity = capacity;
    }
    sent_t *s = &chip->sent[chip->sent_count++];
    s->packet.control = (m->tcr & 0xff0000) | (m->has_data ? PAYLOAD : 0);
    s->packet.key = key;
    s->packet.data = m->data;
    s->time = c->cpu.time;
    s->core = (uint8_t)c->number;
    m->has_data = 0;
    c->packets_sent++;
}

uint32_t comms_load(core_t *c, uint32_t offset)
{
    communication_t *m = &c->comms;
    packet_t *p = m->count ? &m->fifo[m->head] : NULL;
    switch (offset) {
    case 0x00: return (m->tcr & 0x00ffffff) | 0x90000000u; /* empty, not full */
    case 0x0c: return p ? 0x80000000u | p->control : 0;
    case 0x10: return p ? p->data : 0;
    case 0x14: {
        uint32_t key = p ? p->key : 0;
        if (p) {
            m->head = (m->head + 1) & (m->capacity - 1);
            m->count--;
            lines(c);
        }
        return key;
    }
    case 0x18: return m->source;
    default: return 0;
    }
}

void comms_store(core_t *c, uint32_t offset, uint32_t value)
{
    communication_t *m = &c->comms;
    switch (offset) {
    case 0x00: m->tcr = value; break;
    case 0x04:
        m->data = value;
        m->has_data = 1;
        break;
    case 0x08: send(c, value); break;
    case 0x18: m->source = value; break;
    default: break;
    }
}

/* Returns 0 when the FIFO is full (timing mode loaded). */
int comms_receive(core_t *c, packet_t packet)
{
    communication_t *m = &c->comms;
    board_t *b = c->chip->board;
    if (b->timing.fifo_limit && m->count >= b->timing.fifo_limit) return 0;
    if (m->count == m->capacity) {
        uint32_t capacity = m->capacity ? m->capacity * 2 : 64;
        packet_t *more = malloc(capacity * sizeof *more);
        if (!more) return 0;
        for (uint32_t i = 0; i < m->count; i++) more[i] = m->fifo[(m->head + i) & (m->capacity - 1)];
        free(m->fifo);
        m->fifo = more;
        m->capacity = capacity;
        m->head = 0;
    }
    m->fifo[(m->head + m->count++) & (m->capacity - 1)] = packet;
    c->packets_received++;
    if (m->count > b->fifo_peak) b->fifo_peak = m->count;
    if (m->count == 1) lines(c);
    core_wake(c, b->time);
    return 1;
}
