/* From scores to weights; compiled once for each instruction set (attention_loop.h). */
#ifndef GB_WEIGH_H
#define GB_WEIGH_H

#include <math.h>

#include "../source/exponential.h"
#include "attention_kernel.h"

/** Where the last panel of so many keys begins. */
static inline int64_t last_panel(int64_t seen) { return (seen - 1) / GB_LANES * GB_LANES; }

/** The largest of a row's scores; those of its last panel that it must not see are out of the way. */
static float find_largest(float *scores, int64_t seen) {
  const int64_t last = last_panel(seen);
  const gb_lanes least = gb_lanes_of(-INFINITY), rest = gb_first_lanes(gb_load(scores + last), seen - last, least);
  gb_store_lanes(scores + last, rest);
  gb_lanes largest = gb_larger_lanes(rest, least);
  for (int64_t i = 0; i < last; i += GB_LANES) largest = gb_larger_lanes(gb_load(scores + i), largest);
  return gb_largest_lane(largest);
}

/** A row's weights, zeros behind them up to a whole panel, and what they sum up to. */
static float sum_weights(float *weights, int64_t seen) {
  const int64_t last = last_panel(seen);
  gb_lanes sums = gb_lanes_of(0);
  for (int64_t i = 0; i < last; i += GB_LANES) sums = gb_add_lanes(sums, gb_load(weights + i));
  const gb_lanes rest = gb_first_lanes(gb_load(weights + last), seen - last, gb_lanes_of(0));
  gb_store_lanes(weights + last, rest);
  return gb_sum_of_lanes(gb_add_lanes(sums, rest));
}

/**
 * Turns the scores of rows, [rows][GB_BLOCK_KEYS], of which row r sees `seen[r]`, into weights. Step by step for all rows: an
 * exponential is a long chain, and those of several rows run beside each other.
 */
static void weigh(float *scores, const int64_t *seen, int rows, float *states, int64_t stride) {
  for (int r = 0; r < rows; r++) states[r * stride] = find_largest(scores + r * GB_BLOCK_KEYS, seen[r]);
  for (int r = 0; r < rows; r++) {
    float *row = scores + r * GB_BLOCK_KEYS;
    const gb_lanes largest = gb_lanes_of(-states[r * stride]), least = gb_lanes_of(GB_LEAST_EXPONENT);
    const int64_t end = last_panel(seen[r]) + GB_LANES;
    /* None is above 0. */
    for (int64_t i = 0; i < end; i += GB_LANES)
      gb_store_lanes(row + i, gb_larger_lanes(least, gb_add_lanes(gb_load(row + i), largest)));
    for (int64_t i = 0; i < end; i++) row[i] = gb_exponential_within(row[i]);
  }
  for (int r = 0; r < rows; r++) states[r * stride + 1] = sum_weights(scores + r * GB_BLOCK_KEYS, seen[r]);
}

#endif
