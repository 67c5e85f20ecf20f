/*
 * Norms as loops that compilers turn into vectors. Each instruction set has a file that includes it under a name of its own;
 * all give the same bits (norm_row.h).
 */
#include "../source/norm_row.h"
#include "norm.h"

void GB_NORM(const gb_norm *norm, int64_t first, int64_t end) {
  const int64_t columns = norm->columns;
  for (int64_t token = first; token < end; token++) {
    const float *x = norm->x + token * norm->stride;
    if (norm->addend) {
      const float *addend = norm->addend + token * columns;
      float *restrict sum = norm->sum + token * columns;
      for (int64_t i = 0; i < columns; i++) sum[i] = x[i] + addend[i];
      x = sum;
    }
    gb_norm_row(x, norm->weights, columns, norm->epsilon, norm->y + token * columns);
  }
}
