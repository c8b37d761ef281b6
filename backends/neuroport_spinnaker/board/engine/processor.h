/* One ARM968 core: registers, tightly coupled memories, predecoded instructions. */
#ifndef NEUROPORT_PROCESSOR_H
#define NEUROPORT_PROCESSOR_H

#include <stdint.h>

#define ITCM_BYTES 0x8000u
#define DTCM_BASE 0x400000u
#define DTCM_BYTES 0x10000u
#define ARM_SLOTS (ITCM_BYTES / 4)
#define THUMB_SLOTS (ITCM_BYTES / 2)

#define MODE_USER 0x10u
#define MODE_FIQ 0x11u
#define MODE_IRQ 0x12u
#define MODE_SVC 0x13u
#define MODE_ABORT 0x17u
#define MODE_UNDEFINED 0x1bu
#define MODE_SYSTEM 0x1fu
#define PSR_T 0x20u
#define PSR_F 0x40u
#define PSR_I 0x80u

/* A predecoded instruction; ARM and Thumb share one set of operations. */
typedef struct {
    uint16_t op;   /* handler, may be a condition wrapper */
    uint16_t op2;  /* handler behind the wrapper */
    uint8_t rd, rn, rm, rs;
    uint32_t imm;  /* of a block transfer: its bytes */
    uint16_t list; /* register list, or kind of a shifted operand */
    uint8_t cond;
    uint8_t sh;
} instruction_t;

enum stop_reason { STOP_TIME, STOP_ATTENTION, STOP_WAIT };

struct core;
typedef struct core core_t;

typedef struct processor {
    uint32_t r[17]; /* r[16] is always 0: base of PC-relative literals */
    uint32_t flag_n, flag_z, flag_c, flag_v, flag_q; /* N: bit 31; Z: word is 0; V: bit 31 */
    uint32_t control;     /* CPSR without NZCVQ */
    uint32_t spsr;        /* of the current mode */
    uint32_t bank[6][3];  /* r13, r14, spsr: user, fiq, irq, svc, abort, undefined */
    uint32_t bank_low[2][5]; /* r8..r12: others, fiq */
    uint32_t pc;
    uint32_t cp15_control;
    int64_t time;         /* cycles since power on */
    int64_t slice_end;
    uint64_t instructions;
    uint32_t attention;   /* leave the interpreter after this instruction */
    uint32_t lines;       /* interrupt requests: bit 0 IRQ, bit 1 FIQ */
    uint32_t branch_cost; /* extra cycles of a taken branch (timing mode loaded) */
    uint32_t abort;       /* the last memory access failed */
    uint32_t abort_address;
    uint32_t extra;       /* cycles of bus waits not yet charged (timing mode loaded) */
    uint8_t *itcm;
    uint8_t *dtcm;
    instruction_t *arm;
    instruction_t *thumb;
    core_t *core;
} processor_t;

/* ARM and Thumb decoders: pure functions of the word and its address. */
void decode_arm(instruction_t *out, uint32_t word, uint32_t address);
void decode_thumb(instruction_t *out, uint32_t half, uint32_t address);

/* Runs until time >= slice_end, attention or wait for interrupt. */
enum stop_reason processor_execute(processor_t *p);

void processor_reset(processor_t *p, uint32_t r0);
void processor_free(processor_t *p); /* its memories, and what an implementation holds */
uint32_t processor_psr(const processor_t *p);
void processor_set_psr(processor_t *p, uint32_t value);
uint32_t processor_spsr(const processor_t *p);
void processor_exception(processor_t *p, uint32_t mode, uint32_t vector, uint32_t link);
void processor_forget(processor_t *p, uint32_t address, uint32_t bytes);
uint32_t processor_reg_user(const processor_t *p, int number);
void processor_set_reg_user(processor_t *p, int number, uint32_t value);

/* Everything that is not TCM; sets p->abort when nothing answers. */
uint32_t bus_load(processor_t *p, uint32_t address, unsigned size);
void bus_store(processor_t *p, uint32_t address, uint32_t value, unsigned size);

#endif
