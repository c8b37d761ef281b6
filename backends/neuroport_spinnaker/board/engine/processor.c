/* Modes, register banks and exceptions of the core. */
#include "processor.h"

#include <stdlib.h>
#include <string.h>

static int bank_of(uint32_t mode)
{
    switch (mode & 31) {
    case MODE_FIQ: return 1;
    case MODE_IRQ: return 2;
    case MODE_SVC: return 3;
    case MODE_ABORT: return 4;
    case MODE_UNDEFINED: return 5;
    default: return 0;
    }
}

static void switch_mode(processor_t *p, uint32_t mode)
{
    int from = bank_of(p->control), to = bank_of(mode);
    if (from == to) return;
    p->bank[from][0] = p->r[13];
    p->bank[from][1] = p->r[14];
    p->bank[from][2] = p->spsr;
    if ((from == 1) != (to == 1)) {
        memcpy(p->bank_low[from == 1], p->r + 8, 20);
        memcpy(p->r + 8, p->bank_low[to == 1], 20);
    }
    p->r[13] = p->bank[to][0];
    p->r[14] = p->bank[to][1];
    p->spsr = p->bank[to][2];
}

uint32_t processor_psr(const processor_t *p)
{
    return (p->flag_n & 0x80000000u) | (p->flag_z == 0) << 30 | (p->flag_c & 1) << 29 |
           (p->flag_v >> 31) << 28 | (p->flag_q & 1) << 27 | p->control;
}

void processor_set_psr(processor_t *p, uint32_t value)
{
    switch_mode(p, value);
    p->flag_n = value;
    p->flag_z = !(value & 0x40000000u);
    p->flag_c = (value >> 29) & 1;
    p->flag_v = value << 3;
    p->flag_q = (value >> 27) & 1;
    p->control = value & 0xff;
}

uint32_t processor_spsr(const processor_t *p)
{
    return bank_of(p->control) ? p->spsr : processor_psr(p);
}

void processor_exception(processor_t *p, uint32_t mode, uint32_t vector, uint32_t link)
{
    uint32_t psr = processor_psr(p);
    uint32_t control = (p->control & ~(31u | PSR_T)) | mode | PSR_I;
    if (mode == MODE_FIQ) control |= PSR_F;
    switch_mode(p, mode);
    p->control = control;
    p->spsr = psr;
    p->r[14] = link;
    p->pc = vector;
}

uint32_t processor_reg_user(const processor_t *p, int number)
{
    int bank = bank_of(p->control);
    if (number >= 8 && number <= 12 && bank == 1) return p->bank_low[0][number - 8];
    if ((number == 13 || number == 14) && bank) return p->bank[0][number - 13];
    return p->r[number];
}

void processor_set_reg_user(processor_t *p, int number, uint32_t value)
{
    int bank = bank_of(p->control);
    if (number >= 8 && number <= 12 && bank == 1) p->bank_low[0][number - 8] = value;
    else if ((number == 13 || number == 14) && bank) p->bank[0][number - 13] = value;
    else p->r[number] = value;
}

void processor_reset(processor_t *p, uint32_t r0)
{
    memset(p->r, 0, sizeof p->r);
    memset(p->bank, 0, sizeof p->bank);
    memset(p->bank_low, 0, sizeof p->bank_low);
    p->control = MODE_SVC | PSR_I | PSR_F;
    p->spsr = 0;
    p->flag_n = p->flag_c = p->flag_v = p->flag_q = 0;
    p->flag_z = 1;
    p->cp15_control = 0;
    p->attention = p->abort = p->extra = 0;
    p->pc = 0;
    p->r[0] = r0;
}

void processor_free(processor_t *p)
{
    free(p->itcm);
    free(p->dtcm);
    free(p->arm);
    free(p->thumb);
}
