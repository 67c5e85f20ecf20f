#ifndef GLASSBOX_NORM_H
#define GLASSBOX_NORM_H

#include <stdint.h>

#include "threads.h"

/** RMSNorm of rows. */
typedef struct gb_norm {
  int64_t tokens;
  int64_t columns;
  /** A row every `stride` floats. */
  const float *x;
  int64_t stride;
  /** [tokens, columns], added to x before, or null: then stride is columns. */
  const float *addend;
  /** [columns] */
  const float *weights;
  float epsilon;
  /** [tokens, columns] */
  float *y;
  /** [tokens, columns]: x + addend; null where there is no addend. */
  float *sum;
} gb_norm;

typedef void gb_norm_function(const gb_norm *norm, int64_t first, int64_t end);

gb_norm_function gb_norm_plain;
#if defined(__x86_64__)
gb_norm_function gb_norm_avx2;
gb_norm_function gb_norm_avx512;
#endif

void gb_norm_all(const gb_threads *threads, const gb_norm *norm);

#endif
