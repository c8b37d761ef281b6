/* The processor interface of the emulated board, served by unicorn instead of our interpreter.
 *
 * For tests and benchmarks only: unicorn is GPL software, and so is what this file is linked to.
 * Compiled with every other file of the engine it gives a whole board that differs in nothing but
 * who executes the instructions.  STEP is UC_HOOK_CODE to count and stop at the same instructions
 * as our interpreter does, or UC_HOOK_BLOCK, which is several times faster and stops at the ends
 * of basic blocks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unicorn/unicorn.h>

#include "board.h"

#define UNTIL 0x7ffcu /* never reached: the top of a stack */
#define PAGE 0x1000u
#define TRANSLATION 0x400u /* page of the TLB in cores before ARMv6 */
#define DEVICES 19

typedef struct { processor_t *p; uint32_t base; } window_t;

typedef struct {
    uc_engine *uc;
    window_t window[DEVICES];
    uint8_t thumb[ITCM_BYTES / 2]; /* per address: 0 unknown, 1 ARM, 2 Thumb */
    int stopped, exception, flush, stored;
    uint32_t cpsr, next, pending; /* pending: instructions let through but not yet charged */
} machine_t;
_Static_assert(sizeof(machine_t) <= ARM_SLOTS * sizeof(instruction_t), "see machine_of");

/* Lives in the room of the predecoded instructions, which this processor does not need. */
static machine_t *machine_of(const processor_t *p)
{
    return (machine_t *)p->arm;
}

static uint32_t get(machine_t *m, int reg)
{
    uint32_t value = 0;
    uc_reg_read(m->uc, reg, &value);
    return value;
}

static void set(machine_t *m, int reg, uint32_t value)
{
    uc_reg_write(m->uc, reg, &value);
}

/* Whether our interpreter would leave before this instruction: at a branch when the slice is
 * over, behind a store to a device that asks for it, where interrupts become unmasked. */
static int leaves(const processor_t *p, machine_t *m, int branched)
{
    if (branched && p->time >= p->slice_end) return 1;
    if (p->attention) return m->stored || STEP != UC_HOOK_CODE;
    if (!p->lines) return 0;
    uint32_t cpsr = get(m, UC_ARM_REG_CPSR);
    return ((p->lines & 2) && !(cpsr & PSR_F)) || ((p->lines & 1) && !(cpsr & PSR_I));
}

/* Charges what ran since the last call. */
static void settle(processor_t *p, machine_t *m)
{
    p->time += m->pending + p->extra;
    p->instructions += m->pending;
    m->pending = p->extra = 0;
}

/* Called before each instruction or each basic block. */
static void before(uc_engine *uc, uint64_t address, uint32_t size, void *user)
{
    processor_t *p = user;
    machine_t *m = machine_of(p);
    int branched = STEP != UC_HOOK_CODE || address != m->next;
    settle(p, m);
    if (leaves(p, m, branched)) {
        m->stopped = 1;
        uc_emu_stop(uc);
        return;
    }
    m->stored = 0;
    m->next = (uint32_t)address + size;
    uint8_t *state = &m->thumb[(address & (ITCM_BYTES - 1)) / 2];
    if (!*state) *state = get(m, UC_ARM_REG_CPSR) & PSR_T ? 2 : 1;
    m->pending = *state == 2 ? size / 2 : size / 4;
}

static bool fill(uc_engine *uc, uint64_t address, uc_mem_type type, uc_tlb_entry *entry, void *user)
{
    (void)uc; (void)type; (void)user;
    entry->paddr = address & ~(uint64_t)(TRANSLATION - 1);
    entry->perms = address < ITCM_BYTES ? UC_PROT_ALL : UC_PROT_READ | UC_PROT_WRITE;
    return true;
}

static void interrupt(uc_engine *uc, uint32_t number, void *user)
{
    processor_t *p = user;
    machine_t *m = machine_of(p);
    m->exception = (int)number;
    uc_emu_stop(uc);
}

static uint64_t device_read(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
    (void)uc;
    window_t *w = user;
    uint32_t value = bus_load(w->p, w->base + (uint32_t)offset, size);
    w->p->abort = 0;
    return value;
}

static void device_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
    (void)uc;
    window_t *w = user;
    machine_of(w->p)->stored = 1;
    bus_store(w->p, w->base + (uint32_t)offset, (uint32_t)value, size);
    w->p->abort = 0;
}

static void check(uc_err error, const char *what)
{
    if (error == UC_ERR_OK) return;
    fprintf(stderr, "oracle: %s: %s\n", what, uc_strerror(error));
    abort();
}

static void open_machine(processor_t *p)
{
    static const struct { uint32_t base, bytes; } device[DEVICES] = {
        {0x10000000, PAGE}, {0x11000000, PAGE}, {0x1f000000, PAGE}, {0x20000000, PAGE},
        {0x21000000, PAGE}, {0x2f000000, PAGE}, {0x30000000, PAGE}, {0x40000000, PAGE},
        {0xe0000000, PAGE}, {0xe1000000, 0x18000}, {0xe2000000, PAGE}, {0xe3000000, PAGE},
        {0xe4000000, PAGE}, {0xf0000000, PAGE}, {0xf1000000, 0x18000}, {0xf2000000, PAGE},
        {0xf3000000, PAGE}, {0xf4000000, PAGE}, {0xfffff000, PAGE}};
    machine_t *m = machine_of(p);
    chip_t *chip = p->core->chip;
    uc_hook hook;
    if (m->uc) uc_close(m->uc);
    memset(m, 0, sizeof *m);
    check(uc_open(UC_ARCH_ARM, UC_MODE_ARM | UC_MODE_ARM946, &m->uc), "open");
    check(uc_ctl_tlb_mode(m->uc, UC_TLB_VIRTUAL), "virtual TLB");
    check(uc_mem_map_ptr(m->uc, 0, ITCM_BYTES, UC_PROT_ALL, p->itcm), "ITCM");
    check(uc_mem_map_ptr(m->uc, DTCM_BASE, DTCM_BYTES, 3, p->dtcm), "DTCM");
    check(uc_mem_map_ptr(m->uc, 0x60000000, SDRAM_BYTES, 3, chip->sdram), "SDRAM");
    check(uc_mem_map_ptr(m->uc, 0x70000000, SDRAM_BYTES, 3, chip->sdram), "SDRAM");
    check(uc_mem_map_ptr(m->uc, 0xe5000000, SYSRAM_BYTES, 3, chip->sysram), "SysRAM");
    check(uc_mem_map_ptr(m->uc, 0xf5000000, SYSRAM_BYTES, 3, chip->sysram), "SysRAM");
    for (int i = 0; i < DEVICES; i++) {
        window_t *w = &m->window[i];
        w->p = p;
        w->base = device[i].base;
        check(uc_mmio_map(m->uc, device[i].base, device[i].bytes, device_read, w, device_write, w),
              "device");
    }
    check(uc_hook_add(m->uc, &hook, STEP, (void *)before, p, 1, 0), "step hook");
    check(uc_hook_add(m->uc, &hook, UC_HOOK_TLB_FILL, (void *)fill, p, 1, 0), "TLB hook");
    check(uc_hook_add(m->uc, &hook, UC_HOOK_INTR, (void *)interrupt, p, 1, 0), "interrupt hook");
}

/* What the rest of the engine looks at between two slices. */
static void look(processor_t *p, machine_t *m)
{
    m->cpsr = get(m, UC_ARM_REG_CPSR);
    p->pc = get(m, UC_ARM_REG_PC);
    p->control = m->cpsr & 0xff;
}

void processor_reset(processor_t *p, uint32_t r0)
{
    open_machine(p);
    machine_t *m = machine_of(p);
    set(m, UC_ARM_REG_CPSR, MODE_SVC | PSR_I | PSR_F);
    set(m, UC_ARM_REG_R0, r0);
    set(m, UC_ARM_REG_PC, 0);
    p->attention = p->abort = p->extra = 0;
    look(p, m);
}

void processor_exception(processor_t *p, uint32_t mode, uint32_t vector, uint32_t link)
{
    machine_t *m = machine_of(p);
    uint32_t old = m->cpsr, cpsr = (old & ~(31u | PSR_T)) | mode | PSR_I;
    if (mode == MODE_FIQ) cpsr |= PSR_F;
    set(m, UC_ARM_REG_CPSR, cpsr);
    set(m, UC_ARM_REG_SPSR, old);
    set(m, UC_ARM_REG_LR, link);
    set(m, UC_ARM_REG_PC, vector);
    look(p, m);
}

enum stop_reason processor_execute(processor_t *p)
{
    machine_t *m = machine_of(p);
    p->attention = 0;
    if (m->flush) {
        m->flush = 0;
        memset(m->thumb, 0, sizeof m->thumb);
        uc_ctl_remove_cache(m->uc, 0, ITCM_BYTES);
    }
    m->stopped = m->stored = 0;
    m->next = UINT32_MAX;
    m->exception = -1;
    uc_err error = uc_emu_start(m->uc, p->pc | (p->control & PSR_T ? 1 : 0), UNTIL, 0, 0);
    settle(p, m);
    look(p, m);
    if (m->exception >= 0 || error != UC_ERR_OK) {
        /* 1 undefined, 2 SWI, 3 prefetch abort, 4 data abort, 7 breakpoint */
        static const struct { uint32_t mode, vector; } entry[8] = {
            {MODE_UNDEFINED, 4}, {MODE_UNDEFINED, 4}, {MODE_SVC, 8}, {MODE_ABORT, 12},
            {MODE_ABORT, 16}, {MODE_UNDEFINED, 4}, {MODE_UNDEFINED, 4}, {MODE_ABORT, 12}};
        int n = m->exception >= 0 ? m->exception & 7 : 4;
        uint32_t link = n == 4 ? p->pc + 8 : n == 2 ? p->pc : p->pc + 4;
        processor_exception(p, entry[n].mode, entry[n].vector, link);
        return STOP_ATTENTION;
    }
    if (m->stopped) return STOP_TIME;
    return STOP_WAIT;
}

void processor_forget(processor_t *p, uint32_t address, uint32_t bytes)
{
    (void)address; /* a copy into the code: all of it is translated again */
    machine_t *m = machine_of(p);
    if (bytes && m) m->flush = 1;
}

uint32_t processor_psr(const processor_t *p)
{
    machine_t *m = machine_of(p);
    return m ? m->cpsr : 0;
}

uint32_t processor_spsr(const processor_t *p)
{
    machine_t *m = machine_of(p);
    return m && m->uc ? get(m, UC_ARM_REG_SPSR) : 0;
}

void processor_set_psr(processor_t *p, uint32_t value)
{
    machine_t *m = machine_of(p);
    set(m, UC_ARM_REG_CPSR, value);
    look(p, m);
}

void processor_free(processor_t *p)
{
    machine_t *m = machine_of(p);
    if (m && m->uc) uc_close(m->uc);
    free(p->itcm);
    free(p->dtcm);
    free(p->arm);
    free(p->thumb);
}
