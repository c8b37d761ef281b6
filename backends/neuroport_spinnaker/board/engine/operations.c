/* Names of the decoded operations, for tests and tools. */
#include "operations.h"

#include <stdio.h>

void operation_name(unsigned op, char *out, size_t room)
{
    static const char *const opcode[16] = {"AND", "EOR", "SUB", "RSB", "ADD", "ADC", "SBC", "RSC",
                                           "TST", "TEQ", "CMP", "CMN", "ORR", "MOV", "BIC", "MVN"};
    static const char *const form[6] = {"IMM", "REG", "LSL", "LSR", "ASR", "GEN"};
    static const char *const kind[10] = {"LDR", "STR", "LDRB", "STRB", "LDRH",
                                         "STRH", "LDRSB", "LDRSH", "LDRD", "STRD"};
    static const char *const mode[5] = {"OFF", "PRE", "POST", "REG", "GEN"};
    static const char *const other[] = {
#define X(name) #name,
        OTHER_OPERATIONS(X)
#undef X
    };
    if (op < MEM_BASE)
        snprintf(out, room, "%s_%s%s", opcode[op / 12], form[op % 12 / 2], op & 1 ? "_S" : "");
    else if (op < OTHER_BASE)
        snprintf(out, room, "%s_%s", kind[(op - MEM_BASE) / 5], mode[(op - MEM_BASE) % 5]);
    else
        snprintf(out, room, "%s", op < OPERATION_COUNT ? other[op - OTHER_BASE] : "");
}
