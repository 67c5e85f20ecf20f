/* Sixteen floats at once, in C: the twin of what instruction sets do, bit for bit. */
#ifndef GB_LANES_PLAIN_H
#define GB_LANES_PLAIN_H

#include <math.h>

#include "../source/half.h"
#include "../source/unroll.h"

#define GB_LANES 16

typedef struct gb_lanes {
  float lane[GB_LANES];
} gb_lanes;

GB_INLINE gb_lanes gb_lanes_of(float value) {
  gb_lanes out;
  for (int i = 0; i < GB_LANES; i++) out.lane[i] = value;
  return out;
}

GB_INLINE gb_lanes gb_load(const float *from) {
  gb_lanes out;
  for (int i = 0; i < GB_LANES; i++) out.lane[i] = from[i];
  return out;
}

GB_INLINE void gb_store_lanes(float *to, gb_lanes value) {
  for (int i = 0; i < GB_LANES; i++) to[i] = value.lane[i];
}

GB_INLINE gb_lanes gb_load_halves(const uint16_t *from) {
  gb_lanes out;
  for (int i = 0; i < GB_LANES; i++) out.lane[i] = gb_half(from[i]);
  return out;
}

GB_INLINE void gb_store_halves(uint16_t *to, gb_lanes value) {
  for (int i = 0; i < GB_LANES; i++) to[i] = gb_to_half(value.lane[i]);
}

/** a * b + c, rounded once. */
GB_INLINE gb_lanes gb_multiply_add(gb_lanes a, gb_lanes b, gb_lanes c) {
  for (int i = 0; i < GB_LANES; i++) c.lane[i] = fmaf(a.lane[i], b.lane[i], c.lane[i]);
  return c;
}

GB_INLINE gb_lanes gb_add_lanes(gb_lanes a, gb_lanes b) {
  for (int i = 0; i < GB_LANES; i++) a.lane[i] += b.lane[i];
  return a;
}

/** b where either is a NaN. */
GB_INLINE gb_lanes gb_larger_lanes(gb_lanes a, gb_lanes b) {
  for (int i = 0; i < GB_LANES; i++) b.lane[i] = a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i];
  return b;
}

/** The first `count` lanes, at most all of them, and those of `rest` behind them. */
GB_INLINE gb_lanes gb_first_lanes(gb_lanes value, int64_t count, gb_lanes rest) {
  for (int i = 0; i < GB_LANES && i < count; i++) rest.lane[i] = value.lane[i];
  return rest;
}

/** A tree: lanes 8 apart, then 4, 2 and 1. */
GB_INLINE float gb_sum_of_lanes(gb_lanes value) {
  for (int step = GB_LANES / 2; step > 0; step /= 2)
    for (int i = 0; i < step; i++) value.lane[i] += value.lane[i + step];
  return value.lane[0];
}

/** That tree of gb_larger_lanes, the upper lane first. */
GB_INLINE float gb_largest_lane(gb_lanes value) {
  for (int step = GB_LANES / 2; step > 0; step /= 2)
    for (int i = 0; i < step; i++)
      value.lane[i] = value.lane[i + step] > value.lane[i] ? value.lane[i + step] : value.lane[i];
  return value.lane[0];
}

#endif
