/* What enter_grouped.h and enter_latent.h have in common; compiled once for each instruction set (attention_loop.h). */
#ifndef GB_ENTERING_H
#define GB_ENTERING_H

#include "../source/norm_row.h"
#include "attention.h"

/** The largest half float. */
#define LARGEST_HALF 65504.0f

static inline float clamp_to_half(float x) {
  /* Both comparisons fail for a NaN, which stays one. */
  x = x > LARGEST_HALF ? LARGEST_HALF : x;
  return x < -LARGEST_HALF ? -LARGEST_HALF : x;
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
