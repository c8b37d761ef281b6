/* Memory as an instruction sees it, where the short way in the interpreter does not reach. */
#ifndef NEUROPORT_ACCESS_H
#define NEUROPORT_ACCESS_H

#include "processor.h"

/* Any address; sets p->abort if nothing answers or the address is not aligned. */
uint32_t slow_load(processor_t *p, uint32_t address, unsigned size);
void slow_store(processor_t *p, uint32_t address, uint32_t value, unsigned size);
/* Words, most likely in the DTCM. */
uint32_t any_load(processor_t *p, uint32_t address);
void any_store(processor_t *p, uint32_t address, uint32_t value);
/* LDM/STM with the S bit: user registers, or return from an exception. */
void block_special(processor_t *p, const instruction_t *ip, int load);

#endif
