/* The interpreter: one handler per decoded form, reached by computed gotos.
 *
 * Cycles are counted per basic block (the distance ip - start), so straight code
 * carries no counter.  Conditions are wrappers in front of the unconditional handlers. */
#include "operations.h"
#include "processor.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

void processor_forget(processor_t *p, uint32_t address, uint32_t bytes)
{
    if (!p->arm || !bytes) return;
    for (uint32_t i = address >> 2; i <= (address + bytes - 1) >> 2; i++) p->arm[i].op = OP_UNDECODED;
    for (uint32_t i = address >> 1; i <= (address + bytes - 1) >> 1; i++)
        p->thumb[i].op = OP_UNDECODED;
}

static uint32_t shifted(unsigned type, unsigned amount, uint32_t value, uint32_t *carry)
{
    switch (type) {
    case 0: /* immediate amounts: 0 stands for 32, or RRX */
        if (amount) {
            *carry = (value >> (32 - amount)) & 1;
            return value << amount;
        }
        return value;
    case 1:
        *carry = amount ? (value >> (amount - 1)) & 1 : value >> 31;
        return amount ? value >> amount : 0;
    case 2:
        *carry = amount ? (value >> (amount - 1)) & 1 : value >> 31;
        return (uint32_t)((int32_t)value >> (amount ? amount : 31));
    case 3:
        if (!amount) {
            uint32_t result = (value >> 1) | (*carry << 31);
            *carry = value & 1;
            return result;
        }
        *carry = (value >> (amount - 1)) & 1;
        return (value >> amount) | (value << (32 - amount));
    default:
        break;
    }
    if (amount == 0) return value;
    switch (type) { /* register amounts 1..255 */
    case 4:
        *carry = amount <= 32 ? (amount == 32 ? value : value >> (32 - amount)) & 1 : 0;
        return amount < 32 ? value << amount : 0;
    case 5:
        *carry = amount <= 32 ? (value >> (amount - 1)) & 1 : 0;
        return amount < 32 ? value >> amount : 0;
    case 6:
        if (amount >= 32) {
            *carry = value >> 31;
            return (uint32_t)((int32_t)value >> 31);
        }
        *carry = (value >> (amount - 1)) & 1;
        return (uint32_t)((int32_t)value >> amount);
    default:
        amount &= 31;
        if (!amount) {
            *carry = value >> 31;
            return value;
        }
        *carry = (value >> (amount - 1)) & 1;
        return (value >> amount) | (value << (32 - amount));
    }
}

static uint32_t general_operand(const instruction_t *ip, const uint32_t *r, uint32_t *carry)
{
    unsigned type = ip->list & 15;
    return shifted(type, type < 4 ? ip->sh : r[ip->rs] & 255, r[ip->rm], carry);
}

/* Address of a load or store with a register offset; *base gets the written back value. */
static uint32_t general_address(const instruction_t *ip, const uint32_t *r, uint32_t c, uint32_t *base)
{
    uint32_t carry = c, offset = shifted(ip->list & 3, ip->sh, r[ip->rm], &carry);
    uint32_t moved = ip->list & 4 ? r[ip->rn] + offset : r[ip->rn] - offset;
    uint32_t address = ip->list & 8 ? moved : r[ip->rn];
    *base = ip->list & 16 ? moved : r[ip->rn];
    return address;
}

static int condition(uint32_t cond, uint32_t n, uint32_t z, uint32_t c, uint32_t v)
{
    int result;
    switch (cond >> 1) {
    case 0: result = z == 0; break;
    case 1: result = c != 0; break;
    case 2: result = n >> 31; break;
    case 3: result = v >> 31; break;
    case 4: result = c && z; break;
    case 5: result = !((n ^ v) >> 31); break;
    case 6: result = z && !((n ^ v) >> 31); break;
    default: return 1;
    }
    return result ^ (int)(cond & 1);
}

static __attribute__((noinline)) uint32_t slow_load(processor_t *p, uint32_t address, unsigned size)
{
    if (address & (size - 1)) {
        p->abort = 1;
        p->abort_address = address;
        return 0;
    }
    if (address < ITCM_BYTES) {
        const uint8_t *m = p->itcm + address;
        return size == 4 ? *(const uint32_t *)m : size == 2 ? *(const uint16_t *)m : *m;
    }
    return bus_load(p, address, size);
}

static __attribute__((noinline)) void slow_store(processor_t *p, uint32_t address, uint32_t value,
                                                 unsigned size)
{
    if (address & (size - 1)) {
        p->abort = 1;
        p->abort_address = address;
    } else if (address < ITCM_BYTES) {
        uint8_t *m = p->itcm + address;
        if (size == 4) *(uint32_t *)m = value;
        else if (size == 2) *(uint16_t *)m = (uint16_t)value;
        else *m = (uint8_t)value;
        processor_forget(p, address, size);
    } else {
        bus_store(p, address, value, size);
    }
}

static uint32_t any_load(processor_t *p, uint32_t address)
{
    uint32_t offset = address - DTCM_BASE;
    if (offset < DTCM_BYTES && !(address & 3)) return *(uint32_t *)(p->dtcm + offset);
    return slow_load(p, address, 4);
}

static void any_store(processor_t *p, uint32_t address, uint32_t value)
{
    uint32_t offset = address - DTCM_BASE;
    if (offset < DTCM_BYTES && !(address & 3)) *(uint32_t *)(p->dtcm + offset) = value;
    else slow_store(p, address, value, 4);
}

static void block_range(const instruction_t *ip, uint32_t base, uint32_t *first, uint32_t *final)
{
    uint32_t bytes = 4u * (uint32_t)__builtin_popcount(ip->list);
    int before = ip->sh & 4;
    if (ip->sh & 2) {
        *first = base + (before ? 4 : 0);
        *final = base + bytes;
    } else {
        *first = base - bytes + (before ? 0 : 4);
        *final = base - bytes;
    }
}

/* LDM/STM with the S bit: user registers, or return from an exception. */
static void block_special(processor_t *p, const instruction_t *ip, int load)
{
    uint32_t address, final;
    int restore = load && (ip->list & 0x8000);
    block_range(ip, p->r[ip->rn], &address, &final);
    if (load && restore && (ip->sh & 1)) p->r[ip->rn] = final;
    for (int i = 0; i < 16; i++) {
        if (!((ip->list >> i) & 1)) continue;
        if (load) {
            uint32_t value = any_load(p, address);
            if (p->abort) return;
            if (restore) p->r[i] = value;
            else processor_set_reg_user(p, i, value);
        } else {
            any_store(p, address, processor_reg_user(p, i));
            if (p->abort) return;
        }
        address += 4;
    }
    if (!restore && (ip->sh & 1)) p->r[ip->rn] = final;
    if (restore) {
        uint32_t target = p->r[15];
        processor_set_psr(p, processor_spsr(p));
        p->pc = target & (p->control & PSR_T ? ~1u : ~3u);
    }
}

static int32_t saturate(int64_t value, uint32_t *q)
{
    if (value > INT32_MAX) {
        *q = 1;
        return INT32_MAX;
    }
    if (value < INT32_MIN) {
        *q = 1;
        return INT32_MIN;
    }
    return (int32_t)value;
}

static int unmasked(const processor_t *p)
{
    return ((p->lines & 1) && !(p->control & PSR_I)) || ((p->lines & 2) && !(p->control & PSR_F));
}

#define HERE() ((uint32_t)(ip - base) << shift)
#define SAVE() (p->flag_n = n, p->flag_z = z, p->flag_c = c, p->flag_v = v)
#define RESTORE() (n = p->flag_n, z = p->flag_z, c = p->flag_c, v = p->flag_v)
#define NEXT do { ip++; goto *labels[ip->op]; } while (0)
#define SYNC_TIME() (p->time = p->slice_end - left + (ip - start))
#define CHARGE() (left -= p->extra, p->instructions -= p->extra, p->extra = 0)
#define BRANCH(target) do { \
        uint32_t t_ = (target); \
        left -= (ip - start) + 1 + branch_cost; \
        if (UNLIKELY(t_ >= ITCM_BYTES)) { p->pc = t_; goto fetch_fault; } \
        ip = start = base + (t_ >> shift); \
        if (UNLIKELY(left <= 0)) goto out_of_time; \
        goto *labels[ip->op]; \
    } while (0)
#define EXCHANGE(target) do { uint32_t x_ = (target); \
        if ((x_ & 1) == (shift == 1)) BRANCH(x_ & ~1u & (shift == 1 ? ~1u : ~3u)); \
        exchange_to = x_; goto exchange; } while (0)

#define LOAD(dst, address_, size, type) do { \
        uint32_t a_ = (address_), o_ = a_ - DTCM_BASE; \
        if (LIKELY(o_ < DTCM_BYTES && !(a_ & (size - 1)))) dst = (uint32_t)*(type *)(dtcm + o_); \
        else { \
            SYNC_TIME(); \
            dst = (uint32_t)(type)slow_load(p, a_, size); \
            if (UNLIKELY(p->abort)) goto data_abort; \
            CHARGE(); \
        } } while (0)
#define STORE(address_, value_, size, type) do { \
        uint32_t a_ = (address_), o_ = a_ - DTCM_BASE; \
        if (LIKELY(o_ < DTCM_BYTES && !(a_ & (size - 1)))) *(type *)(dtcm + o_) = (type)(value_); \
        else { \
            SYNC_TIME(); \
            slow_store(p, a_, (value_), size); \
            if (UNLIKELY(p->abort)) goto data_abort; \
            CHARGE(); \
        } } while (0)

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
#define TABLE(N) &&N##_IMM_0, &&N##_IMM_1, &&N##_REG_0, &&N##_REG_1, &&N##_LSL_0, &&N##_LSL_1, \
    &&N##_LSR_0, &&N##_LSR_1, &&N##_ASR_0, &&N##_ASR_1, &&N##_GEN_0, &&N##_GEN_1
#define MEMORY_TABLE(N) &&N##_OFF, &&N##_PRE, &&N##_POST, &&N##_REG, &&N##_GEN

#define LOAD_OP(N, size, type) \
    N##_OFF: { uint32_t x; LOAD(x, r[ip->rn] + ip->imm, size, type); r[ip->rd] = x; NEXT; } \
    N##_PRE: { uint32_t x, w = r[ip->rn] + ip->imm; LOAD(x, w, size, type); r[ip->rn] = w; r[ip->rd] = x; NEXT; } \
    N##_POST: { uint32_t x, w = r[ip->rn]; LOAD(x, w, size, type); r[ip->rn] = w + ip->imm; r[ip->rd] = x; NEXT; } \
    N##_REG: { uint32_t x; LOAD(x, r[ip->rn] + (r[ip->rm] << ip->sh), size, type); r[ip->rd] = x; NEXT; } \
    N##_GEN: { uint32_t x, w, q = general_address(ip, r, c, &w); LOAD(x, q, size, type); \
        r[ip->rn] = w; r[ip->rd] = x; NEXT; }
#define STORED if (UNLIKELY(p->attention)) goto attend; NEXT
#define STORE_OP(N, size, type) \
    N##_OFF: { STORE(r[ip->rn] + ip->imm, r[ip->rd], size, type); STORED; } \
    N##_PRE: { uint32_t w = r[ip->rn] + ip->imm; STORE(w, r[ip->rd], size, type); r[ip->rn] = w; STORED; } \
    N##_POST: { uint32_t w = r[ip->rn]; STORE(w, r[ip->rd], size, type); r[ip->rn] = w + ip->imm; STORED; } \
    N##_REG: { STORE(r[ip->rn] + (r[ip->rm] << ip->sh), r[ip->rd], size, type); STORED; } \
    N##_GEN: { uint32_t w, q = general_address(ip, r, c, &w); STORE(q, r[ip->rd], size, type); \
        r[ip->rn] = w; STORED; }
#define LOAD2(q, w, wb) { uint32_t x, y, q_ = (q), w_ = (w); LOAD(x, q_, 4, uint32_t); \
        LOAD(y, q_ + 4, 4, uint32_t); if (wb) r[ip->rn] = w_; r[ip->rd] = x; r[ip->rd + 1] = y; NEXT; }
#define STORE2(q, w, wb) { uint32_t q_ = (q), w_ = (w); STORE(q_, r[ip->rd], 4, uint32_t); \
        STORE(q_ + 4, r[ip->rd + 1], 4, uint32_t); if (wb) r[ip->rn] = w_; STORED; }
#define DOUBLE_OP(N, M) \
    N##_OFF: M(r[ip->rn] + ip->imm, 0, 0) \
    N##_PRE: M(r[ip->rn] + ip->imm, r[ip->rn] + ip->imm, 1) \
    N##_POST: M(r[ip->rn], r[ip->rn] + ip->imm, 1) \
    N##_REG: M(r[ip->rn] + r[ip->rm], 0, 0) \
    N##_GEN: { uint32_t w, q = general_address(ip, r, c, &w); M(q, w, 1) }

#define CONDITIONAL(N, TEST) \
    L_PRE_##N: if (TEST) goto *labels[ip->op2]; NEXT; \
    L_B_##N: if (TEST) BRANCH(ip->imm); NEXT;
#define LONG_MULTIPLY(N, EXPR) \
    L_##N: { uint64_t w = (uint64_t)(EXPR); r[ip->rn] = (uint32_t)w; r[ip->rd] = (uint32_t)(w >> 32); NEXT; } \
    L_##N##_S: { uint64_t w = (uint64_t)(EXPR); r[ip->rn] = (uint32_t)w; n = r[ip->rd] = (uint32_t)(w >> 32); \
        z = (uint32_t)w | n; NEXT; }
#define HALF(value, top) ((int32_t)(int16_t)((top) ? (value) >> 16 : (value)))

enum stop_reason processor_execute(processor_t *p)
{
    static const void *const labels[OPERATION_COUNT] = {
        TABLE(AND), TABLE(EOR), TABLE(SUB), TABLE(RSB), TABLE(ADD), TABLE(ADC), TABLE(SBC), TABLE(RSC),
        TABLE(TST), TABLE(TEQ), TABLE(CMP), TABLE(CMN), TABLE(ORR), TABLE(MOV), TABLE(BIC), TABLE(MVN),
        MEMORY_TABLE(LDR), MEMORY_TABLE(STR), MEMORY_TABLE(LDRB), MEMORY_TABLE(STRB),
        MEMORY_TABLE(LDRH), MEMORY_TABLE(STRH), MEMORY_TABLE(LDRSB), MEMORY_TABLE(LDRSH),
        MEMORY_TABLE(LDRD), MEMORY_TABLE(STRD),
#define X(name) &&L_##name,
        OTHER_OPERATIONS(X)
#undef X
    };
    uint32_t *const r = p->r;
    uint8_t *const dtcm = p->dtcm;
    const uint32_t branch_cost = p->branch_cost;
    int64_t left = p->slice_end - p->time;
    const int64_t left_at_entry = left;
    instruction_t *base, *ip, *start;
    unsigned shift;
    uint32_t n, z, c, v, exchange_to;
    p->attention = 0;

enter:
    RESTORE();
    shift = p->control & PSR_T ? 1 : 2;
    base = shift == 1 ? p->thumb : p->arm;
    if (UNLIKELY(p->pc >= ITCM_BYTES)) goto fetch_fault_entered;
    ip = start = base + (p->pc >> shift);
    if (UNLIKELY(left <= 0)) goto out_of_time;
    goto *labels[ip->op];

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

    LOAD_OP(LDR, 4, uint32_t)
    LOAD_OP(LDRB, 1, uint8_t)
    LOAD_OP(LDRH, 2, uint16_t)
    LOAD_OP(LDRSB, 1, int8_t)
    LOAD_OP(LDRSH, 2, int16_t)
    STORE_OP(STR, 4, uint32_t)
    STORE_OP(STRB, 1, uint8_t)
    STORE_OP(STRH, 2, uint16_t)
    DOUBLE_OP(LDRD, LOAD2)
    DOUBLE_OP(STRD, STORE2)

    CONDITIONAL(EQ, z == 0)
    CONDITIONAL(NE, z != 0)
    CONDITIONAL(CS, c)
    CONDITIONAL(CC, !c)
    CONDITIONAL(MI, n >> 31)
    CONDITIONAL(PL, !(n >> 31))
    CONDITIONAL(VS, v >> 31)
    CONDITIONAL(VC, !(v >> 31))
    CONDITIONAL(HI, c && z)
    CONDITIONAL(LS, !(c && z))
    CONDITIONAL(GE, !((n ^ v) >> 31))
    CONDITIONAL(LT, (n ^ v) >> 31)
    CONDITIONAL(GT, z && !((n ^ v) >> 31))
    CONDITIONAL(LE, !(z && !((n ^ v) >> 31)))

L_PRE_PC:
    if (!condition(ip->cond, n, z, c, v)) NEXT;
    r[15] = HERE() + (shift == 2 ? 8 : 4);
    goto *labels[ip->op2];
L_UNDECODED: {
    uint32_t address = HERE();
    if (shift == 2) decode_arm(ip, *(uint32_t *)(p->itcm + address), address);
    else decode_thumb(ip, *(uint16_t *)(p->itcm + address), address);
    goto *labels[ip->op];
}
L_NOP:
    NEXT;
L_B:
    BRANCH(ip->imm);
L_BL:
    r[14] = HERE() + 4;
    BRANCH(ip->imm);
L_BLX_IMM:
    r[14] = HERE() + 4;
    EXCHANGE(ip->imm | 1);
L_BX:
    EXCHANGE(r[ip->rm]);
L_BLX_REG: {
    uint32_t target = r[ip->rm];
    r[14] = shift == 2 ? HERE() + 4 : (HERE() + 2) | 1;
    EXCHANGE(target);
}
L_T_BL_SUFFIX: {
    uint32_t target = r[14] + ip->imm;
    r[14] = (HERE() + 2) | 1;
    BRANCH(target & ~1u);
}
L_T_BLX_SUFFIX: {
    uint32_t target = (r[14] + ip->imm) & ~3u;
    r[14] = (HERE() + 2) | 1;
    EXCHANGE(target);
}
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
L_LDR_PC: {
    uint32_t address, w = r[ip->rn], target;
    switch (ip->rs) {
    case M_OFF: address = w + ip->imm; break;
    case M_PRE: address = w = w + ip->imm; break;
    case M_POST: address = w; w += ip->imm; break;
    case M_REG: address = w + (r[ip->rm] << ip->sh); break;
    default: address = general_address(ip, r, c, &w);
    }
    LOAD(target, address, 4, uint32_t);
    if (ip->rn != 15) r[ip->rn] = w;
    r[16] = 0;
    EXCHANGE(target);
}
L_LDM: {
    uint32_t address, final, list = ip->list, offset;
    block_range(ip, r[ip->rn], &address, &final);
    offset = address - DTCM_BASE;
    if (LIKELY(offset <= DTCM_BYTES - 64 && !(address & 3))) {
        const uint32_t *from = (const uint32_t *)(dtcm + offset);
        if (ip->sh & 1) r[ip->rn] = final;
        for (uint32_t m = list & 0x7fff; m; m &= m - 1) r[__builtin_ctz(m)] = *from++;
        if (list & 0x8000) EXCHANGE(*from);
        NEXT;
    }
    SYNC_TIME();
    {
        uint32_t values[16];
        int count = __builtin_popcount(list), i = 0;
        for (; i < count; i++, address += 4) {
            values[i] = any_load(p, address);
            if (p->abort) goto data_abort;
        }
        CHARGE();
        if (ip->sh & 1) r[ip->rn] = final;
        i = 0;
        for (uint32_t m = list & 0x7fff; m; m &= m - 1) r[__builtin_ctz(m)] = values[i++];
        if (list & 0x8000) EXCHANGE(values[i]);
    }
    NEXT;
}
L_STM: {
    uint32_t address, final, offset;
    block_range(ip, r[ip->rn], &address, &final);
    offset = address - DTCM_BASE;
    if (LIKELY(offset <= DTCM_BYTES - 64 && !(address & 3))) {
        uint32_t *to = (uint32_t *)(dtcm + offset);
        for (uint32_t m = ip->list; m; m &= m - 1) *to++ = r[__builtin_ctz(m)];
        if (ip->sh & 1) r[ip->rn] = final;
        NEXT;
    }
    SYNC_TIME();
    for (uint32_t m = ip->list; m; m &= m - 1, address += 4) {
        any_store(p, address, r[__builtin_ctz(m)]);
        if (p->abort) goto data_abort;
    }
    CHARGE();
    if (ip->sh & 1) r[ip->rn] = final;
    STORED;
}
L_LDM_S:
    SYNC_TIME();
    SAVE();
    p->pc = HERE() + 4;
    block_special(p, ip, 1);
    if (p->abort) goto data_abort;
    left -= (ip - start) + 1;
    CHARGE();
    if (unmasked(p)) goto leave_attention;
    goto enter;
L_STM_S:
    SYNC_TIME();
    SAVE();
    block_special(p, ip, 0);
    if (p->abort) goto data_abort;
    CHARGE();
    STORED;

L_MUL:
    r[ip->rd] = r[ip->rm] * r[ip->rs];
    NEXT;
L_MUL_S:
    n = z = r[ip->rd] = r[ip->rm] * r[ip->rs];
    NEXT;
L_MLA:
    r[ip->rd] = r[ip->rm] * r[ip->rs] + r[ip->rn];
    NEXT;
L_MLA_S:
    n = z = r[ip->rd] = r[ip->rm] * r[ip->rs] + r[ip->rn];
    NEXT;
    LONG_MULTIPLY(UMULL, (uint64_t)r[ip->rm] * r[ip->rs])
    LONG_MULTIPLY(UMLAL, (uint64_t)r[ip->rm] * r[ip->rs] + ((uint64_t)r[ip->rd] << 32 | r[ip->rn]))
    LONG_MULTIPLY(SMULL, (int64_t)(int32_t)r[ip->rm] * (int32_t)r[ip->rs])
    LONG_MULTIPLY(SMLAL, (uint64_t)((int64_t)(int32_t)r[ip->rm] * (int32_t)r[ip->rs]) +
                             ((uint64_t)r[ip->rd] << 32 | r[ip->rn]))
L_SMULXY:
    r[ip->rd] = (uint32_t)(HALF(r[ip->rm], ip->sh & 1) * HALF(r[ip->rs], ip->sh & 2));
    NEXT;
L_SMLAXY: {
    int32_t product = HALF(r[ip->rm], ip->sh & 1) * HALF(r[ip->rs], ip->sh & 2);
    uint32_t sum = (uint32_t)product + r[ip->rn];
    if ((((uint32_t)product ^ sum) & (r[ip->rn] ^ sum)) >> 31) p->flag_q = 1;
    r[ip->rd] = sum;
    NEXT;
}
L_SMULWY:
    r[ip->rd] = (uint32_t)(((int64_t)(int32_t)r[ip->rm] * HALF(r[ip->rs], ip->sh & 2)) >> 16);
    NEXT;
L_SMLAWY: {
    uint32_t product = (uint32_t)(((int64_t)(int32_t)r[ip->rm] * HALF(r[ip->rs], ip->sh & 2)) >> 16);
    uint32_t sum = product + r[ip->rn];
    if (((product ^ sum) & (r[ip->rn] ^ sum)) >> 31) p->flag_q = 1;
    r[ip->rd] = sum;
    NEXT;
}
L_SMLALXY: {
    int64_t product = (int64_t)(HALF(r[ip->rm], ip->sh & 1) * HALF(r[ip->rs], ip->sh & 2));
    uint64_t sum = ((uint64_t)r[ip->rd] << 32 | r[ip->rn]) + (uint64_t)product;
    r[ip->rn] = (uint32_t)sum;
    r[ip->rd] = (uint32_t)(sum >> 32);
    NEXT;
}
L_QADD:
    r[ip->rd] = (uint32_t)saturate((int64_t)(int32_t)r[ip->rm] + (int32_t)r[ip->rn], &p->flag_q);
    NEXT;
L_QSUB:
    r[ip->rd] = (uint32_t)saturate((int64_t)(int32_t)r[ip->rm] - (int32_t)r[ip->rn], &p->flag_q);
    NEXT;
L_QDADD: {
    int64_t twice = saturate(2 * (int64_t)(int32_t)r[ip->rn], &p->flag_q);
    r[ip->rd] = (uint32_t)saturate((int64_t)(int32_t)r[ip->rm] + twice, &p->flag_q);
    NEXT;
}
L_QDSUB: {
    int64_t twice = saturate(2 * (int64_t)(int32_t)r[ip->rn], &p->flag_q);
    r[ip->rd] = (uint32_t)saturate((int64_t)(int32_t)r[ip->rm] - twice, &p->flag_q);
    NEXT;
}
L_CLZ:
    r[ip->rd] = r[ip->rm] ? (uint32_t)__builtin_clz(r[ip->rm]) : 32;
    NEXT;
L_SWP: {
    uint32_t x, address = r[ip->rn];
    LOAD(x, address, 4, uint32_t);
    STORE(address, r[ip->rm], 4, uint32_t);
    r[ip->rd] = x;
    STORED;
}
L_SWPB: {
    uint32_t x, address = r[ip->rn];
    LOAD(x, address, 1, uint8_t);
    STORE(address, r[ip->rm], 1, uint8_t);
    r[ip->rd] = x;
    STORED;
}
L_MRS:
    SAVE();
    r[ip->rd] = ip->list ? processor_spsr(p) : processor_psr(p);
    NEXT;
L_MSR: {
    uint32_t value = ip->rm == 255 ? ip->imm : r[ip->rm], mask = 0, old;
    SAVE();
    if (ip->list & 8) mask |= 0xf8000000u;
    if ((ip->list & 1) && (ip->list & 16 || (p->control & 31) != MODE_USER)) mask |= 0xff;
    if (ip->list & 16) {
        p->spsr = (p->spsr & ~mask) | (value & mask);
        NEXT;
    }
    old = processor_psr(p);
    mask &= ~PSR_T;
    processor_set_psr(p, (old & ~mask) | (value & mask));
    RESTORE();
    if (UNLIKELY(p->lines && unmasked(p))) goto attend;
    NEXT;
}
L_MCR:
    if (ip->rn == 7 && ip->rm == 0 && ip->sh == 4) goto wait;
    if (ip->rn == 1 && ip->rm == 0) p->cp15_control = r[ip->rd];
    NEXT;
L_MRC: {
    uint32_t value = ip->rn == 1 ? p->cp15_control : ip->rn == 0 ? 0x41059680u : 0;
    if (ip->rd == 15) {
        n = value;
        z = !(value & 0x40000000u);
        c = (value >> 29) & 1;
        v = value << 3;
    } else {
        r[ip->rd] = value;
    }
    NEXT;
}
L_SWI: {
    uint32_t link = HERE() + (shift == 2 ? 4 : 2);
    left -= (ip - start) + 1;
    SAVE();
    processor_exception(p, MODE_SVC, 0x08, link);
    goto enter;
}
L_BKPT:
    left -= (ip - start) + 1;
    SAVE();
    processor_exception(p, MODE_ABORT, 0x0c, HERE() + 4);
    goto enter;
L_UNDEFINED:
undefined: {
    uint32_t link = HERE() + (shift == 2 ? 4 : 2);
    left -= (ip - start) + 1;
    SAVE();
    processor_exception(p, MODE_UNDEFINED, 0x04, link);
    goto enter;
}
data_abort:
    p->abort = 0;
    left -= (ip - start) + 1;
    SAVE();
    processor_exception(p, MODE_ABORT, 0x10, HERE() + 8);
    goto enter;
L_FETCH_FAULT: /* ran off the end of the ITCM */
    p->pc = HERE();
    left -= (ip - start) + 1;
fetch_fault:
    SAVE();
fetch_fault_entered:
    left -= 1;
    processor_exception(p, MODE_ABORT, 0x0c, p->pc + 4);
    if (left <= 0) {
        ip = start = p->arm + 3;
        base = p->arm;
        shift = 2;
        goto out_of_time;
    }
    goto enter;
exchange: /* ARM <-> Thumb */
    left -= (ip - start) + 1 + branch_cost;
    SAVE();
    if (exchange_to & 1) p->control |= PSR_T;
    else p->control &= ~PSR_T;
    p->pc = exchange_to & (exchange_to & 1 ? ~1u : ~3u);
    goto enter;
out_of_time:
    SAVE();
    p->pc = HERE();
    p->time = p->slice_end - left;
    p->instructions += (uint64_t)(left_at_entry - left);
    return STOP_TIME;
attend:
    ip++;
    left -= ip - start;
    SAVE();
    p->pc = HERE();
leave_attention:
    p->time = p->slice_end - left;
    p->instructions += (uint64_t)(left_at_entry - left);
    return STOP_ATTENTION;
wait:
    ip++;
    left -= ip - start;
    SAVE();
    p->pc = HERE();
    p->time = p->slice_end - left;
    p->instructions += (uint64_t)(left_at_entry - left);
    return STOP_WAIT;
}
