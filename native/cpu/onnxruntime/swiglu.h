#ifndef GLASSBOX_SWIGLU_H
#define GLASSBOX_SWIGLU_H

#include <stdint.h>

/** gate[i] = silu(gate[i]) * up[i], silu(x) = x / (1 + exp(-x)), within four roundings; the same bits on every machine. */
typedef void gb_swiglu_function(float *restrict gate, const float *restrict up, int64_t length);

gb_swiglu_function gb_swiglu_plain;
#if defined(__x86_64__)
gb_swiglu_function gb_swiglu_avx2;
gb_swiglu_function gb_swiglu_avx512;
#endif

/** The one for the instruction set in use. */
gb_swiglu_function *gb_swiglu(void);

#endif
