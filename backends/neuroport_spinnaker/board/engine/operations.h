/* Numbers of the handlers in the interpreter. */
#ifndef NEUROPORT_OPERATIONS_H
#define NEUROPORT_OPERATIONS_H

#include <stddef.h>

/* Data processing: opcode * 12 + form * 2 + S. */
enum form { FORM_IMM, FORM_REG, FORM_LSL, FORM_LSR, FORM_ASR, FORM_GEN };
/* Memory: MEM_BASE + kind * 5 + mode. */
enum kind { K_LDR, K_STR, K_LDRB, K_STRB, K_LDRH, K_STRH, K_LDRSB, K_LDRSH, K_LDRD, K_STRD };
enum mode { M_OFF, M_PRE, M_POST, M_REG, M_GEN };

#define OTHER_OPERATIONS(X) \
    X(UNDECODED) X(FETCH_FAULT) X(UNDEFINED) X(SWI) X(BKPT) X(NOP) \
    X(PRE_EQ) X(PRE_NE) X(PRE_CS) X(PRE_CC) X(PRE_MI) X(PRE_PL) X(PRE_VS) X(PRE_VC) \
    X(PRE_HI) X(PRE_LS) X(PRE_GE) X(PRE_LT) X(PRE_GT) X(PRE_LE) X(PRE_PC) \
    X(B_EQ) X(B_NE) X(B_CS) X(B_CC) X(B_MI) X(B_PL) X(B_VS) X(B_VC) \
    X(B_HI) X(B_LS) X(B_GE) X(B_LT) X(B_GT) X(B_LE) X(B) X(BL) \
    X(BLX_IMM) X(BX) X(BLX_REG) X(T_BL_SUFFIX) X(T_BLX_SUFFIX) \
    X(DP_PC) X(LDR_PC) X(LDM) X(STM) X(LDM_S) X(STM_S) \
    X(MUL) X(MUL_S) X(MLA) X(MLA_S) X(UMULL) X(UMULL_S) X(UMLAL) X(UMLAL_S) \
    X(SMULL) X(SMULL_S) X(SMLAL) X(SMLAL_S) X(SMLAXY) X(SMLAWY) X(SMULWY) X(SMLALXY) X(SMULXY) \
    X(QADD) X(QSUB) X(QDADD) X(QDSUB) X(CLZ) X(SWP) X(SWPB) X(MRS) X(MSR) X(MCR) X(MRC)

#define MEM_BASE 192
#define OTHER_BASE (MEM_BASE + 50)
enum other_operation {
    OTHER_FIRST = OTHER_BASE - 1,
#define X(name) OP_##name,
    OTHER_OPERATIONS(X)
#undef X
    OPERATION_COUNT
};

void operation_name(unsigned op, char *out, size_t room);

#endif
