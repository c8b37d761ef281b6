/* The monitor's side of the mailboxes that cores send messages through. */
#include <stdlib.h>
#include <string.h>

#include "board.h"

#define SYSTEM_VARIABLES 0x7f00
#define CORE_BLOCKS 0x7000
#define LOCKS ((1u << 0) | (1u << 1)) /* message pool and mailbox flags */

static uint32_t *word(chip_t *chip, uint32_t offset)
{
    return (uint32_t *)(chip->sysram + offset);
}

static void take(board_t *b, chip_t *chip, int core)
{
    uint8_t *block = chip->sysram + CORE_BLOCKS + 128 * core;
    uint32_t address = *(uint32_t *)(block + 52);
    uint8_t *from = bus_memory(chip, NULL, address, 292);
    if (block[57] != 1 || !from) {
        block[57] = 0;
        return;
    }
    if (b->message_count == b->message_capacity) {
        size_t capacity = b->message_capacity ? b->message_capacity * 2 : 32;
        message_t *more = realloc(b->messages, capacity * sizeof *more);
        if (!more) return;
        b->messages = more;
        b->message_capacity = capacity;
    }
    message_t *m = &b->messages[b->message_count++];
    m->chip = chip->index;
    m->core = core;
    memcpy(m->bytes, from, 292);
    m->length = m->bytes[4] | m->bytes[5] << 8;
    /* back to the pool of shared buffers */
    *(uint32_t *)from = *word(chip, SYSTEM_VARIABLES + 0x68);
    *word(chip, SYSTEM_VARIABLES + 0x68) = address;
    (*(uint16_t *)(chip->sysram + SYSTEM_VARIABLES + 0x6c))--;
    block[57] = 0;
}

/* Between windows; waits for the next one while a core holds a lock. */
void mailbox_collect(board_t *b)
{
    for (int i = 0; i < b->chip_count; i++) {
        chip_t *chip = &b->chips[i];
        if (!chip->monitor_requests || (chip->locks & LOCKS)) continue;
        uint32_t flags = *word(chip, SYSTEM_VARIABLES + 0xec);
        chip->monitor_requests = 0;
        *word(chip, SYSTEM_VARIABLES + 0xec) = 0;
        for (int core = 0; core < CORES; core++)
            if (flags >> core & 1) take(b, chip, core);
    }
}
