/*
 * gb_swiglu as a loop that compilers turn into vectors. Each instruction set has a file that includes it under a name of its
 * own; all give the same bits (exponential.h).
 */
#include <stdint.h>

#include "../source/exponential.h"

/** A sigmoid sees 0 or infinity where the exponential stays where it is. */
void GB_SWIGLU(float *restrict gate, const float *restrict up, int64_t length) {
  for (int64_t i = 0; i < length; i++) gate[i] = gate[i] / (1.0f + gb_exponential(-gate[i])) * up[i];
}
