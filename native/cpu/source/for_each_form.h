#ifndef GB_FOR_EACH_FORM_H
#define GB_FOR_EACH_FORM_H

#include "kernel.h"

/**
 * Calls `multiply(job, code_bits, scales)`, inlined, with the job's form as constants: one kernel is written, and the
 * compiler makes one of it for each way in which codes and scales lie.
 */
#define GB_MULTIPLY_AS_FORM(multiply, job)                                                                             \
  do {                                                                                                                 \
    const bool has_nibbles = (job)->form->code_bits == 4;                                                              \
    switch ((job)->form->scales) {                                                                                     \
    case GB_HALF_SCALES:                                                                                               \
      if (has_nibbles) multiply(job, 4, GB_HALF_SCALES);                                                               \
      else multiply(job, 8, GB_HALF_SCALES);                                                                           \
      break;                                                                                                           \
    case GB_HALF_SCALES_AND_MINIMA:                                                                                    \
      if (has_nibbles) multiply(job, 4, GB_HALF_SCALES_AND_MINIMA);                                                    \
      else multiply(job, 8, GB_HALF_SCALES_AND_MINIMA);                                                                \
      break;                                                                                                           \
    case GB_FACTORS_AND_MINIMA:                                                                                        \
      if (has_nibbles) multiply(job, 4, GB_FACTORS_AND_MINIMA);                                                        \
      else multiply(job, 8, GB_FACTORS_AND_MINIMA);                                                                    \
      break;                                                                                                           \
    case GB_FACTORS_OF_16:                                                                                             \
      multiply(job, 8, GB_FACTORS_OF_16);                                                                              \
      break;                                                                                                           \
    }                                                                                                                  \
  } while (0)

#endif
