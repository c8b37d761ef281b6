/* The interpreter: one handler per decoded form, reached by computed gotos.
 *
 * Cycles are counted per basic block (the distance ip - start), so straight code
 * carries no counter.  Conditions are wrappers in front of the unconditional handlers.
 * All handlers are one function; they stand in files by subject (interpret_*.h). */
#include "access.h"
#include "operands.h"
#include "operations.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

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

#define STORED if (UNLIKELY(p->attention)) goto attend; NEXT

#define TABLE(N) &&N##_IMM_0, &&N##_IMM_1, &&N##_REG_0, &&N##_REG_1, &&N##_LSL_0, &&N##_LSL_1, \
    &&N##_LSR_0, &&N##_LSR_1, &&N##_ASR_0, &&N##_ASR_1, &&N##_GEN_0, &&N##_GEN_1
#define MEMORY_TABLE(N) &&N##_OFF, &&N##_PRE, &&N##_POST, &&N##_REG, &&N##_GEN

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

#include "interpret_data.h"
#include "interpret_memory.h"
#include "interpret_control.h"
#include "interpret_multiply.h"

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
