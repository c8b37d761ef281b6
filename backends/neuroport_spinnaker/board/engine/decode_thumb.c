/* Thumb instructions of architecture v5T into the same handler records as ARM. */
#include <string.h>

#include "operations.h"
#include "processor.h"

enum { AND, EOR, SUB, RSB, ADD, ADC, SBC, RSC, TST, TEQ, CMP, CMN, ORR, MOV, BIC, MVN };

static void dp(instruction_t *d, int opcode, int form, int s)
{
    d->op = (uint16_t)(opcode * 12 + form * 2 + s);
}

static void pc_prefix(instruction_t *d)
{
    d->op2 = d->op;
    d->op = OP_PRE_PC;
}

static void shift_by(instruction_t *d, unsigned type, unsigned amount)
{
    d->sh = (uint8_t)amount;
    if (type == 0) {
        dp(d, MOV, amount ? FORM_LSL : FORM_REG, 1);
    } else if (amount) {
        dp(d, MOV, type == 1 ? FORM_LSR : FORM_ASR, 1);
    } else {
        d->list = (uint16_t)type;
        dp(d, MOV, FORM_GEN, 1);
    }
}

static void alu(instruction_t *d, uint32_t h)
{
    unsigned rs = (h >> 3) & 7, rd = h & 7;
    static const int8_t simple[16] = {AND, EOR, -1, -1, -1, ADC, SBC, -1,
                                      TST, -1, CMP, CMN, ORR, -1, BIC, MVN};
    unsigned op = (h >> 6) & 15;
    d->rd = d->rn = (uint8_t)rd;
    d->rm = (uint8_t)rs;
    if (simple[op] >= 0) {
        dp(d, simple[op], FORM_REG, 1);
    } else if (op == 9) { /* NEG */
        d->rn = (uint8_t)rs;
        d->imm = 0;
        dp(d, RSB, FORM_IMM, 1);
    } else if (op == 13) {
        d->rm = (uint8_t)rs;
        d->rs = (uint8_t)rd;
        d->op = OP_MUL_S;
    } else { /* LSL 2, LSR 3, ASR 4, ROR 7 by register */
        d->rm = (uint8_t)rd;
        d->rs = (uint8_t)rs;
        d->list = (uint16_t)(op == 7 ? 7 : 4 + op - 2);
        dp(d, MOV, FORM_GEN, 1);
    }
}

static void high_registers(instruction_t *d, uint32_t h, uint32_t address)
{
    unsigned op = (h >> 8) & 3, rm = (h >> 3) & 15, rd = (h & 7) | ((h >> 4) & 8);
    (void)address;
    d->rd = d->rn = (uint8_t)rd;
    d->rm = (uint8_t)rm;
    int needs_pc = rm == 15 || (op < 2 && rd == 15);
    if (op == 3) {
        d->op = h & 0x80 ? OP_BLX_REG : OP_BX;
    } else if (op == 1) {
        dp(d, CMP, FORM_REG, 1);
    } else if (rd == 15) {
        d->op = OP_DP_PC;
        d->list = (uint16_t)((FORM_REG << 4) | ((op == 0 ? ADD : MOV) << 8));
    } else {
        dp(d, op == 0 ? ADD : MOV, FORM_REG, 0);
    }
    if (needs_pc) pc_prefix(d);
}

static void load_store(instruction_t *d, int kind, int mode, unsigned rd, unsigned rn,
                       unsigned rm, uint32_t imm)
{
    d->rd = (uint8_t)rd;
    d->rn = (uint8_t)rn;
    d->rm = (uint8_t)rm;
    d->imm = imm;
    d->op = (uint16_t)(MEM_BASE + kind * 5 + mode);
}

void decode_thumb(instruction_t *d, uint32_t h, uint32_t address)
{
    unsigned rd = h & 7, rs = (h >> 3) & 7, imm5 = (h >> 6) & 31, r8 = (h >> 8) & 7;
    memset(d, 0, sizeof *d);
    d->cond = 14;
    switch (h >> 12) {
    case 0:
    case 1:
        d->rd = (uint8_t)rd;
        if ((h >> 11) == 3) {
            d->rn = (uint8_t)rs;
            d->imm = d->rm = (h >> 6) & 7;
            dp(d, h & 0x200 ? SUB : ADD, h & 0x400 ? FORM_IMM : FORM_REG, 1);
        } else {
            d->rm = (uint8_t)rs;
            shift_by(d, (h >> 11) & 3, imm5);
        }
        return;
    case 2:
    case 3: {
        static const int ops[4] = {MOV, CMP, ADD, SUB};
        d->rd = d->rn = (uint8_t)r8;
        d->imm = h & 255;
        dp(d, ops[(h >> 11) & 3], FORM_IMM, 1);
        return;
    }
    case 4:
        if (h & 0x800) {
            load_store(d, K_LDR, M_OFF, r8, 16, 0, ((address + 4) & ~3u) + (h & 255) * 4);
        } else if (h & 0x400) {
            high_registers(d, h, address);
        } else {
            alu(d, h);
        }
        return;
    case 5: {
        static const int kinds[8] = {K_STR, K_STRH, K_STRB, K_LDRSB, K_LDR, K_LDRH, K_LDRB, K_LDRSH};
        load_store(d, kinds[(h >> 9) & 7], M_REG, rd, rs, (h >> 6) & 7, 0);
        return;
    }
    case 6:
        load_store(d, h & 0x800 ? K_LDR : K_STR, M_OFF, rd, rs, 0, imm5 * 4);
        return;
    case 7:
        load_store(d, h & 0x800 ? K_LDRB : K_STRB, M_OFF, rd, rs, 0, imm5);
        return;
    case 8:
        load_store(d, h & 0x800 ? K_LDRH : K_STRH, M_OFF, rd, rs, 0, imm5 * 2);
        return;
    case 9:
        load_store(d, h & 0x800 ? K_LDR : K_STR, M_OFF, r8, 13, 0, (h & 255) * 4);
        return;
    case 10:
        d->rd = (uint8_t)r8;
        if (h & 0x800) {
            d->rn = 13;
            d->imm = (h & 255) * 4;
            dp(d, ADD, FORM_IMM, 0);
        } else {
            d->imm = ((address + 4) & ~3u) + (h & 255) * 4;
            dp(d, MOV, FORM_IMM, 0);
        }
        return;
    case 11:
        if ((h & 0xf00) == 0) {
            d->rd = d->rn = 13;
            d->imm = (h & 127) * 4;
            dp(d, h & 0x80 ? SUB : ADD, FORM_IMM, 0);
        } else if ((h & 0x600) == 0x400) {
            d->rn = 13;
            d->list = (uint16_t)(h & 255);
            if (h & 0x800) {
                d->list |= (uint16_t)((h & 0x100) << 7);
                d->sh = 3; /* increment after, write back */
                d->op = OP_LDM;
            } else {
                d->list |= (uint16_t)((h & 0x100) << 6);
                d->sh = 5; /* decrement before, write back */
                d->op = OP_STM;
            }
            d->imm = 4u * (uint32_t)__builtin_popcount(d->list);
        } else {
            d->op = (h & 0xf00) == 0xe00 ? OP_BKPT : OP_UNDEFINED;
        }
        return;
    case 12:
        d->rn = (uint8_t)r8;
        d->list = (uint16_t)(h & 255);
        d->imm = 4u * (uint32_t)__builtin_popcount(d->list);
        d->sh = 3;
        d->op = h & 0x800 ? OP_LDM : OP_STM;
        if ((h & 0x800) && (d->list >> r8) & 1) d->sh = 2;
        return;
    case 13: {
        unsigned cond = (h >> 8) & 15;
        if (cond < 14) {
            d->op = (uint16_t)(OP_B_EQ + cond);
            d->imm = address + 4 + (uint32_t)((int32_t)(h << 24) >> 23);
        } else {
            d->op = cond == 15 ? OP_SWI : OP_UNDEFINED;
        }
        return;
    }
    case 14:
        if (h & 0x800) {
            d->op = OP_T_BLX_SUFFIX;
            d->imm = (h & 0x7ff) * 2;
        } else {
            d->op = OP_B;
            d->imm = address + 4 + (uint32_t)((int32_t)(h << 21) >> 20);
        }
        return;
    default:
        if (h & 0x800) {
            d->op = OP_T_BL_SUFFIX;
            d->imm = (h & 0x7ff) * 2;
        } else { /* prefix: LR = PC + high part of the offset */
            d->rd = 14;
            d->imm = address + 4 + (uint32_t)((int32_t)(h << 21) >> 9);
            dp(d, MOV, FORM_IMM, 0);
        }
    }
}
