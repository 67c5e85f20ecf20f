#ifndef GB_NORM_ROW_H
#define GB_NORM_ROW_H

#include <math.h>
#include <stdint.h>

/** Sums side by side: the same order whatever vectors a compiler makes of them. */
#define GB_NORM_LANES 16

static inline float gb_sum_of_squares(const float *x, int64_t length) {
  float sums[GB_NORM_LANES] = {0};
  int64_t i = 0;
  for (; i + GB_NORM_LANES <= length; i += GB_NORM_LANES)
    for (int lane = 0; lane < GB_NORM_LANES; lane++) sums[lane] += x[i + lane] * x[i + lane];
  for (int lane = 0; i < length; i++, lane++) sums[lane] += x[i] * x[i];
  for (int step = GB_NORM_LANES / 2; step > 0; step /= 2)
    for (int lane = 0; lane < step; lane++) sums[lane] += sums[lane + step];
  return sums[0];
}

/** RMSNorm (arXiv 1910.07467) times `weights`; the same bits on every machine. `out` may be x. */
static inline void gb_norm_row(const float *x, const float *weights, int64_t dim, float epsilon, float *out) {
  const float inverse = 1.0f / sqrtf(gb_sum_of_squares(x, dim) / (float)dim + epsilon);
  for (int64_t i = 0; i < dim; i++) out[i] = x[i] * inverse * weights[i];
}

#endif
