#ifndef GLASSBOX_LINEAR_H
#define GLASSBOX_LINEAR_H

#include "../include/glassbox_cpu.h"
#include "threads.h"

/**
 * y[tokens, rows] = x[tokens, columns] times each of the matrices, one after another, plus bias[rows] unless that is null.
 * All matrices have the columns of x; rows are the sum of theirs. Returns a gb_error.
 */
int32_t gb_linear(const gb_threads *threads, const gb_matrix *matrices, int64_t count, const float *x, int64_t tokens,
                  const float *bias, float *y);

#endif
