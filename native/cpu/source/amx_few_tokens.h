/* A product of few tokens with AMX, for kernel_amx.c. */
#ifndef GB_AMX_FEW_TOKENS_H
#define GB_AMX_FEW_TOKENS_H

#include "kernel.h"

/** The most tokens of `gb_amx_few_tokens`. */
#define GB_AMX_FEW_TOKENS 8

/** A product with 3 (GB_FACTORS_OF_16: 5) to GB_AMX_FEW_TOKENS tokens, prepared by gb_amx_kernel; for where that is usable. */
void gb_amx_few_tokens(const gb_job *job);

#endif
