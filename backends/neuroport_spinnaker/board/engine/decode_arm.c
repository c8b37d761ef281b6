/* ARM (32-bit) instructions of architecture v5TE into handler records. */
#include <string.h>

#include "operations.h"
#include "processor.h"

static void wrap(instruction_t *d, uint32_t cond, int needs_pc)
{
    d->cond = (uint8_t)cond;
    if (needs_pc) {
        d->op2 = d->op;
        d->op = OP_PRE_PC;
    } else if (cond < 14) {
        d->op2 = d->op;
        d->op = (uint16_t)(OP_PRE_EQ + cond);
    }
}

/* The shifter operand: returns its form and whether it reads the PC. */
static int operand(instruction_t *d, uint32_t w, int *needs_pc)
{
    if (w & (1u << 25)) {
        uint32_t rotate = (w >> 7) & 30, value = w & 255;
        d->imm = rotate ? (value >> rotate) | (value << (32 - rotate)) : value;
        d->sh = (uint8_t)rotate;
        return FORM_IMM;
    }
    d->rm = w & 15;
    if (d->rm == 15) *needs_pc = 1;
    unsigned type = (w >> 5) & 3, amount = (w >> 7) & 31;
    if (w & 16) {
        d->rs = (w >> 8) & 15;
        if (d->rs == 15) *needs_pc = 1;
        d->list = (uint16_t)(4 + type);
        return FORM_GEN;
    }
    d->sh = (uint8_t)amount;
    if (type == 0) return amount ? FORM_LSL : FORM_REG;
    if (type < 3 && amount) return type == 1 ? FORM_LSR : FORM_ASR;
    d->list = (uint16_t)type; /* LSR/ASR #32, ROR, RRX */
    return FORM_GEN;
}

static void data_processing(instruction_t *d, uint32_t w, uint32_t address, uint32_t cond)
{
    int needs_pc = 0;
    unsigned opcode = (w >> 21) & 15, s = (w >> 20) & 1;
    d->rn = (w >> 16) & 15;
    d->rd = (w >> 12) & 15;
    int form = operand(d, w, &needs_pc);
    int reads_rn = opcode != 13 && opcode != 15;
    if (d->rd == 15 && (opcode < 8 || opcode > 11)) {
        if (reads_rn && d->rn == 15) needs_pc = 1;
        d->op = OP_DP_PC;
        d->cond = (uint8_t)cond;
        /* op2 is taken by wrappers, so the kind travels in list and rs. */
        d->list = (uint16_t)((d->list & 15) | (form << 4) | (opcode << 8) | (s << 12));
        wrap(d, cond, needs_pc || (form == FORM_GEN && d->rs == 15));
        return;
    }
    if (form == FORM_IMM && reads_rn && d->rn == 15 && !s && (opcode == 4 || opcode == 2)) {
        d->imm = opcode == 4 ? address + 8 + d->imm : address + 8 - d->imm;
        opcode = 13;
        d->sh = 0;
        reads_rn = 0;
    }
    if (reads_rn && d->rn == 15) needs_pc = 1;
    d->op = (uint16_t)(opcode * 12 + form * 2 + s);
    wrap(d, cond, needs_pc);
}

static void multiply(instruction_t *d, uint32_t w, uint32_t cond)
{
    static const uint16_t ops[8] = {OP_MUL, OP_MLA, OP_UNDEFINED, OP_UNDEFINED,
                                    OP_UMULL, OP_UMLAL, OP_SMULL, OP_SMLAL};
    d->rd = (w >> 16) & 15; /* or high word */
    d->rn = (w >> 12) & 15; /* or low word */
    d->rs = (w >> 8) & 15;
    d->rm = w & 15;
    d->op = ops[(w >> 21) & 7];
    if (d->op != OP_UNDEFINED) d->op = (uint16_t)(d->op + ((w >> 20) & 1));
    wrap(d, cond, 0);
}

/* The space of MRS, MSR, BX, CLZ, Q arithmetic and halfword multiplies. */
static void miscellaneous(instruction_t *d, uint32_t w, uint32_t cond)
{
    unsigned op = (w >> 21) & 3, low = (w >> 4) & 15;
    d->op = OP_UNDEFINED;
    d->rd = (w >> 16) & 15;
    d->rn = (w >> 12) & 15;
    d->rs = (w >> 8) & 15;
    d->rm = w & 15;
    if (low == 0) {
        if (op & 1) {
            d->op = OP_MSR;
            d->list = (uint16_t)(((w >> 16) & 15) | (op & 2 ? 16 : 0));
        } else {
            d->op = OP_MRS;
            d->rd = (w >> 12) & 15;
            d->list = op & 2 ? 16 : 0;
        }
    } else if (low == 1 && op == 1) {
        d->op = OP_BX;
    } else if (low == 1 && op == 3) {
        d->op = OP_CLZ;
        d->rd = (w >> 12) & 15;
    } else if (low == 3 && op == 1) {
        d->op = OP_BLX_REG;
    } else if (low == 5) {
        d->op = (uint16_t)(OP_QADD + op);
        d->rn = (w >> 16) & 15;
        d->rd = (w >> 12) & 15;
    } else if (low == 7 && op == 1) {
        d->op = OP_BKPT;
    } else if (low & 8) {
        d->sh = (uint8_t)(((w >> 5) & 1) | ((w >> 5) & 2)); /* bit 0: x, bit 1: y */
        d->op = op == 0 ? OP_SMLAXY : op == 2 ? OP_SMLALXY : op == 3 ? OP_SMULXY
              : (w & 0x20) ? OP_SMULWY : OP_SMLAWY;
    }
    wrap(d, cond, (d->op == OP_BX || d->op == OP_BLX_REG) && d->rm == 15);
}

static void memory(instruction_t *d, uint32_t w, uint32_t address, uint32_t cond,
                   int kind, int immediate, uint32_t offset)
{
    int p = (w >> 24) & 1, u = (w >> 23) & 1, writeback = (w >> 21) & 1, needs_pc = 0, mode;
    d->rn = (w >> 16) & 15;
    d->rd = (w >> 12) & 15;
    d->rm = w & 15;
    if (immediate) {
        d->imm = u ? offset : 0u - offset;
        mode = !p ? M_POST : writeback ? M_PRE : M_OFF;
        if (d->rn == 15 && mode == M_OFF) {
            d->rn = 16;
            d->imm += address + 8;
        }
    } else {
        unsigned type = kind <= K_STRB ? (w >> 5) & 3 : 0;
        d->sh = kind <= K_STRB ? (w >> 7) & 31 : 0;
        d->list = (uint16_t)(type | (u << 2) | (p << 3) | ((writeback | !p) << 4));
        mode = p && !writeback && u && type == 0 ? M_REG : M_GEN;
        if (d->rm == 15) needs_pc = 1;
    }
    if (d->rn == 15) needs_pc = 1;
    int store = kind == K_STR || kind == K_STRB || kind == K_STRH || kind == K_STRD;
    if (d->rd == 15 && store) needs_pc = 1;
    if (kind == K_LDR && d->rd == 15) {
        d->op = OP_LDR_PC;
        d->cond = (uint8_t)mode;
        d->rs = (uint8_t)mode;
    } else if ((kind >= K_LDRD && (d->rd & 1)) || (!store && d->rd == 15)) {
        d->op = OP_UNDEFINED;
    } else {
        d->op = (uint16_t)(MEM_BASE + kind * 5 + mode);
    }
    wrap(d, cond, needs_pc);
}

static void unconditional(instruction_t *d, uint32_t w, uint32_t address)
{
    d->cond = 14;
    d->op = OP_UNDEFINED;
    if ((w & 0x0e000000) == 0x0a000000) {
        d->op = OP_BLX_IMM;
        d->imm = address + 8 + (uint32_t)((int32_t)(w << 8) >> 6) + ((w >> 23) & 2);
    } else if ((w & 0x0d70f000) == 0x0550f000) {
        d->op = OP_NOP; /* PLD */
    }
}

void decode_arm(instruction_t *d, uint32_t w, uint32_t address)
{
    uint32_t cond = w >> 28;
    memset(d, 0, sizeof *d);
    if (cond == 15) {
        unconditional(d, w, address);
        return;
    }
    switch ((w >> 25) & 7) {
    case 0:
        if ((w & 0x90) == 0x90) {
            unsigned sh = (w >> 5) & 3;
            if (sh == 0) {
                if ((w & 0x0f000000) == 0) {
                    multiply(d, w, cond);
                } else if ((w & 0x0fb00000) == 0x01000000) {
                    d->op = w & (1u << 22) ? OP_SWPB : OP_SWP;
                    d->rn = (w >> 16) & 15;
                    d->rd = (w >> 12) & 15;
                    d->rm = w & 15;
                    wrap(d, cond, 0);
                } else {
                    d->op = OP_UNDEFINED;
                    wrap(d, cond, 0);
                }
                return;
            }
            int load = (w >> 20) & 1;
            int kind = load ? (sh == 1 ? K_LDRH : sh == 2 ? K_LDRSB : K_LDRSH)
                            : (sh == 1 ? K_STRH : sh == 2 ? K_LDRD : K_STRD);
            memory(d, w, address, cond, kind, (w >> 22) & 1, ((w >> 4) & 0xf0) | (w & 15));
            return;
        }
        if ((w & 0x01900000) == 0x01000000) {
            miscellaneous(d, w, cond);
            return;
        }
        data_processing(d, w, address, cond);
        return;
    case 1:
        if ((w & 0x01900000) == 0x01000000) {
            if (w & (1u << 21)) {
                int needs_pc = 0;
                operand(d, w, &needs_pc);
                d->op = OP_MSR;
                d->rm = 255;
                d->list = (uint16_t)(((w >> 16) & 15) | (w & (1u << 22) ? 16 : 0));
            } else {
                d->op = OP_UNDEFINED;
            }
            wrap(d, cond, 0);
            return;
        }
        data_processing(d, w, address, cond);
        return;
    case 3:
        if (w & 16) {
            d->op = OP_UNDEFINED;
            wrap(d, cond, 0);
            return;
        }
        /* fall through */
    case 2: {
        int byte = (w >> 22) & 1, load = (w >> 20) & 1;
        memory(d, w, address, cond, byte ? (load ? K_LDRB : K_STRB) : (load ? K_LDR : K_STR),
               !(w & (1u << 25)), w & 0xfff);
        return;
    }
    case 4: {
        int load = (w >> 20) & 1, s = (w >> 22) & 1;
        d->rn = (w >> 16) & 15;
        d->list = (uint16_t)w;
        d->imm = 4u * (uint32_t)__builtin_popcount(d->list);
        d->sh = (uint8_t)(((w >> 24) & 1) << 2 | ((w >> 23) & 1) << 1 | ((w >> 21) & 1));
        d->op = load ? (s ? OP_LDM_S : OP_LDM) : (s ? OP_STM_S : OP_STM);
        wrap(d, cond, d->rn == 15 || (!load && (w & 0x8000)));
        return;
    }
    case 5: {
        d->imm = address + 8 + (uint32_t)((int32_t)(w << 8) >> 6);
        if (w & (1u << 24)) {
            d->op = OP_BL;
            wrap(d, cond, 0);
        } else {
            d->cond = (uint8_t)cond;
            d->op = (uint16_t)(cond == 14 ? OP_B : OP_B_EQ + cond);
        }
        return;
    }
    case 7:
        if (w & (1u << 24)) {
            d->op = OP_SWI;
        } else if ((w & 0x10) && ((w >> 8) & 15) == 15) {
            d->op = w & (1u << 20) ? OP_MRC : OP_MCR;
            d->rd = (w >> 12) & 15;
            d->rn = (w >> 16) & 15;
            d->rm = w & 15;
            d->sh = (uint8_t)((w >> 5) & 7);
        } else {
            d->op = OP_UNDEFINED;
        }
        wrap(d, cond, 0);
        return;
    default:
        d->op = OP_UNDEFINED;
        wrap(d, cond, 0);
    }
}
