/* Handlers of data processing; included in the interpreter. */
#define B_IMM uint32_t b = ip->imm
#define B_REG uint32_t b = r[ip->rm]
#define B_LSL uint32_t b = r[ip->rm] << ip->sh
#define B_LSR uint32_t b = r[ip->rm] >> ip->sh
#define B_ASR uint32_t b = (uint32_t)((int32_t)r[ip->rm] >> ip->sh)
#define B_GEN uint32_t carry = c; uint32_t b = general_operand(ip, r, &carry)
#define C_IMM if (ip->sh) c = b >> 31
#define C_REG
#define C_LSL c = (r[ip->rm] >> (32 - ip->sh)) & 1
#define C_LSR c = (r[ip->rm] >> (ip->sh - 1)) & 1
#define C_ASR c = (r[ip->rm] >> (ip->sh - 1)) & 1
#define C_GEN c = carry

#define LOGIC_FORM(N, F, EXPR) \
    N##_##F##_0: { B_##F; uint32_t a = r[ip->rn]; (void)a; r[ip->rd] = (EXPR); NEXT; } \
    N##_##F##_1: { B_##F; uint32_t a = r[ip->rn]; (void)a; C_##F; n = z = r[ip->rd] = (EXPR); NEXT; }
#define TEST_FORM(N, F, EXPR) \
    N##_##F##_0: goto undefined; \
    N##_##F##_1: { B_##F; uint32_t a = r[ip->rn]; C_##F; n = z = (EXPR); NEXT; }
#define FLAGS_ADD(x, y, s) do { c = (s) < (x); v = ((x) ^ (s)) & ((y) ^ (s)); n = z = (s); } while (0)
#define FLAGS_SUB(x, y, s) do { c = (x) >= (y); v = ((x) ^ (y)) & ((x) ^ (s)); n = z = (s); } while (0)
#define ARITH_FORM(N, F, PLAIN, FLAGGED) \
    N##_##F##_0: { B_##F; uint32_t a = r[ip->rn]; r[ip->rd] = (PLAIN); NEXT; } \
    N##_##F##_1: { B_##F; uint32_t a = r[ip->rn]; uint32_t s; FLAGGED; r[ip->rd] = s; NEXT; }
#define COMPARE_FORM(N, F, FLAGGED) \
    N##_##F##_0: goto undefined; \
    N##_##F##_1: { B_##F; uint32_t a = r[ip->rn]; uint32_t s; FLAGGED; NEXT; }
#define FLAGGED_ADC { uint64_t w = (uint64_t)a + b + c; s = (uint32_t)w; c = (uint32_t)(w >> 32); \
        v = (a ^ s) & (b ^ s); n = z = s; }
#define FLAGGED_BORROW(x, y) { uint32_t y_ = ~(y); uint64_t w = (uint64_t)(x) + y_ + c; \
        s = (uint32_t)w; c = (uint32_t)(w >> 32); v = ((x) ^ s) & (y_ ^ s); n = z = s; }

/* With a general operand the shifter's carry must not reach the arithmetic ops: they use c. */
#define EACH(M, N, ...) M(N, IMM, __VA_ARGS__) M(N, REG, __VA_ARGS__) M(N, LSL, __VA_ARGS__) \
    M(N, LSR, __VA_ARGS__) M(N, ASR, __VA_ARGS__) M(N, GEN, __VA_ARGS__)

    EACH(LOGIC_FORM, AND, a & b)
    EACH(LOGIC_FORM, EOR, a ^ b)
    EACH(LOGIC_FORM, ORR, a | b)
    EACH(LOGIC_FORM, BIC, a & ~b)
    EACH(LOGIC_FORM, MOV, b)
    EACH(LOGIC_FORM, MVN, ~b)
    EACH(TEST_FORM, TST, a & b)
    EACH(TEST_FORM, TEQ, a ^ b)
    EACH(ARITH_FORM, ADD, a + b, { s = a + b; FLAGS_ADD(a, b, s); })
    EACH(ARITH_FORM, SUB, a - b, { s = a - b; FLAGS_SUB(a, b, s); })
    EACH(ARITH_FORM, RSB, b - a, { s = b - a; FLAGS_SUB(b, a, s); })
    EACH(ARITH_FORM, ADC, a + b + c, FLAGGED_ADC)
    EACH(ARITH_FORM, SBC, a - b - !c, FLAGGED_BORROW(a, b))
    EACH(ARITH_FORM, RSC, b - a - !c, FLAGGED_BORROW(b, a))
    EACH(COMPARE_FORM, CMP, { s = a - b; FLAGS_SUB(a, b, s); })
    EACH(COMPARE_FORM, CMN, { s = a + b; FLAGS_ADD(a, b, s); })

L_DP_PC: {
    unsigned form = (ip->list >> 4) & 15, opcode = (ip->list >> 8) & 15;
    uint32_t a = r[ip->rn], b, carry = c, result;
    switch (form) {
    case FORM_IMM: b = ip->imm; break;
    case FORM_REG: b = r[ip->rm]; break;
    case FORM_LSL: b = r[ip->rm] << ip->sh; break;
    case FORM_LSR: b = r[ip->rm] >> ip->sh; break;
    case FORM_ASR: b = (uint32_t)((int32_t)r[ip->rm] >> ip->sh); break;
    default: b = general_operand(ip, r, &carry);
    }
    switch (opcode) {
    case 0: result = a & b; break;
    case 1: result = a ^ b; break;
    case 2: result = a - b; break;
    case 3: result = b - a; break;
    case 4: result = a + b; break;
    case 5: result = a + b + c; break;
    case 6: result = a - b - !c; break;
    case 7: result = b - a - !c; break;
    case 12: result = a | b; break;
    case 13: result = b; break;
    case 14: result = a & ~b; break;
    default: result = ~b;
    }
    if (ip->list & 0x1000) { /* return from an exception */
        left -= (ip - start) + 1 + branch_cost;
        SAVE();
        processor_set_psr(p, processor_spsr(p));
        p->pc = result & (p->control & PSR_T ? ~1u : ~3u);
        if (unmasked(p)) goto leave_attention;
        goto enter;
    }
    BRANCH(result & (shift == 1 ? ~1u : ~3u));
}
