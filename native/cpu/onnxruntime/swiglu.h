#ifndef GLASSBOX_SWIGLU_H
#define GLASSBOX_SWIGLU_H

#include <stdint.h>

/** gate[i] = silu(gate[i]) * up[i], silu(x) = x / (1 + exp(-x)), within three roundings; the same bits on every machine. */
void gb_swiglu(float *restrict gate, const float *restrict up, int64_t length);

#endif
