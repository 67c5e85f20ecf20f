/* What enter_grouped.h and enter_latent.h have in common; compiled once for each instruction set (attention_loop.h). */
#ifndef GB_ENTERING_H
#define GB_ENTERING_H

#include <math.h>

#include "attention.h"

/** The largest half float. */
#define LARGEST_HALF 65504.0f

static inline float clamp_to_half(float x) {
  /* Both comparisons fail for a NaN, which stays one. */
  x = x > LARGEST_HALF ? LARGEST_HALF : x;
  return x < -LARGEST_HALF ? -LARGEST_HALF : x;
}

static float sum_of_squares(const float *x, int64_t length) {
  float sums[GB_LANES] = {0};
  int64_t i = 0;
  for (; i + GB_LANES <= length; i += GB_LANES)
    for (int lane = 0; lane < GB_LANES; lane++) sums[lane] += x[i + lane] * x[i + lane];
  for (int lane = 0; i < length; i++, lane++) sums[lane] += x[i] * x[i];
  for (int step = GB_LANES / 2; step > 0; step /= 2)
    for (int lane = 0; lane < step; lane++) sums[lane] += sums[lane + step];
  return sums[0];
}

/** RMSNorm times `weights`. */
static void norm_row(const float *restrict x, const float *restrict weights, int64_t dim, float epsilon,
                     float *restrict out) {
  const float inverse = 1.0f / sqrtf(sum_of_squares(x, dim) / (float)dim + epsilon);
  for (int64_t i = 0; i < dim; i++) out[i] = x[i] * inverse * weights[i];
}

/** The rotated dimensions, turned for a position, and times `scale`. */
static void rotate(const gb_rotation *rotation, const float *restrict x, int64_t position, float scale,
                   float *restrict out) {
  const int64_t pairs = rotation->pairs;
  const float *restrict cos = rotation->cos + position * pairs, *restrict sin = rotation->sin + position * pairs;
  if (rotation->is_interleaved) {
    for (int64_t i = 0; i < pairs; i++) {
      out[2 * i] = (x[2 * i] * cos[i] - x[2 * i + 1] * sin[i]) * scale;
      out[2 * i + 1] = (x[2 * i] * sin[i] + x[2 * i + 1] * cos[i]) * scale;
    }
  } else {
    for (int64_t i = 0; i < pairs; i++) out[i] = (x[i] * cos[i] - x[pairs + i] * sin[i]) * scale;
    for (int64_t i = 0; i < pairs; i++) out[pairs + i] = (x[i] * sin[i] + x[pairs + i] * cos[i]) * scale;
  }
}

/** `length` floats, in whole lanes: zeros behind `count`. */
static void to_halves(float *x, int64_t count, int64_t length, uint16_t *halves) {
  for (int64_t i = 0; i < count; i++) x[i] = clamp_to_half(x[i]);
  for (int64_t i = count; i < length; i++) x[i] = 0;
  for (int64_t i = 0; i < length; i += GB_LANES) gb_store_halves(halves + i, gb_load(x + i));
}

/** Puts a key into its place in the panels of `head`. */
static void put_key(const gb_attention *a, int64_t head, int64_t position, const uint16_t *key) {
  const int64_t dim = a->key_dim;
  uint16_t *keys = a->keys + (head * a->panels + position / GB_PANEL_KEYS) * dim * GB_PANEL_KEYS;
  for (int64_t i = 0; i < dim; i++) keys[i * GB_PANEL_KEYS + position % GB_PANEL_KEYS] = key[i];
}

/** Where a value of `head` lies. */
static uint16_t *value_at(const gb_attention *a, int64_t head, int64_t position) {
  return a->values + (head * a->panels * GB_PANEL_KEYS + position) * gb_value_width(a->value_dim);
}

#endif
