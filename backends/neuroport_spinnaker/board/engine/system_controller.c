/* System controller of a chip: interrupts between cores, flags, test-and-set locks. */
#include "board.h"

static void request(chip_t *chip, uint32_t cores, int level)
{
    if (level && (cores & 1)) chip->monitor_requests = 1;
    for (int i = 1; i < CORES; i++) {
        if (!(cores >> i & 1)) continue;
        vic_line(&chip->core[i], INT_CPU, level);
        if (level) core_wake(&chip->core[i], chip->board->time);
    }
}

uint32_t system_load(chip_t *chip, uint32_t offset)
{
    if (offset >= 0x100 && offset < 0x180) {
        uint32_t bit = 1u << ((offset - 0x100) / 4), old = chip->locks & bit;
        chip->locks |= bit;
        return old ? 0x80000001u : 1;
    }
    if (offset >= 0x180 && offset < 0x200) {
        chip->locks &= ~(1u << ((offset - 0x180) / 4));
        return 0;
    }
    switch (offset) {
    case 0x00: return 0x59111012;
    case 0x10: return (1u << CORES) - 1;
    case 0x34: return 0;
    case 0x58: return chip->flags;
    case 0x64: {
        uint32_t asleep = 0;
        for (int i = 0; i < CORES; i++)
            if (chip->core[i].state != RUN_ACTIVE) asleep |= 1u << i;
        return asleep & ~1u;
    }
    default: return offset < 0x200 ? chip->system[offset / 4] : 0;
    }
}

void system_store(chip_t *chip, uint32_t offset, uint32_t value)
{
    switch (offset) {
    case 0x08: request(chip, value & 0x3ffff, 1); break;
    case 0x0c: request(chip, value & 0x3ffff, 0); break;
    case 0x58: chip->flags |= value; break;
    case 0x5c: chip->flags &= ~value; break;
    default:
        if (offset < 0x100) chip->system[offset / 4] = value;
    }
}
