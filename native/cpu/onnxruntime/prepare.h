#ifndef GLASSBOX_PREPARE_H
#define GLASSBOX_PREPARE_H

#include "../include/glassbox_cpu.h"
#include "threads.h"

/** Rows of floats that are to become the inputs of products. */
typedef struct gb_rows {
  const float *x;
  int64_t stride;
  /** Token t is row picks[t]; null: row t. */
  const int32_t *picks;
} gb_rows;

/**
 * gb_prepare_inputs for several inputs of the same columns, shared among threads. `data` of each is writable memory
 * of its own. Returns a gb_error.
 */
int32_t gb_prepare_all(const gb_threads *threads, const gb_rows *rows, const gb_inputs *inputs, int64_t count);

#endif
