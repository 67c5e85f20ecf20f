/*
 * One block of inputs, in plain C that every kernel file compiles for its own instruction set: the same operations in
 * the same order, so the same bits.
 */
#ifndef GB_PREPARE_BLOCK_H
#define GB_PREPARE_BLOCK_H

#include "inputs.h"

#include <float.h>
#include <math.h>
#include <string.h>

/** 16 * 127 + 7: the largest sum of two parts. */
#define GB_LARGEST_CODE 2039.0f

/** Below this the reciprocal of a scale could leave the range of a float; such a block counts as zero. */
#define GB_SMALLEST_INPUT 0x1p-100f

/** Adding and subtracting it rounds to a whole number, halves to the even one, as every processor does. */
#define GB_ROUNDER 0x1.8p23f

/** Whether a block has a scale: not where its largest magnitude is next to zero, infinite or NaN. */
static inline bool gb_is_ordinary(float largest) { return largest >= GB_SMALLEST_INPUT && largest <= FLT_MAX; }

static inline void gb_prepare_block(const float *x, int8_t *parts, float *scale, float *sum, int32_t codes[2]) {
  /* Magnitudes of floats are in the order of their bits, infinity and NaN at the end. */
  uint32_t largest_bits = 0;
  for (int i = 0; i < GB_BLOCK; i++) {
    uint32_t bits;
    memcpy(&bits, x + i, sizeof bits);
    bits &= 0x7fffffffu;
    largest_bits = bits > largest_bits ? bits : largest_bits;
  }
  float largest;
  memcpy(&largest, &largest_bits, sizeof largest);
  if (!gb_is_ordinary(largest)) {
    memset(parts, 0, GB_PARTS_BYTES);
    *scale = largest < GB_SMALLEST_INPUT ? 0.0f : NAN;
    *sum = 0;
    codes[0] = codes[1] = 0;
    return;
  }
  const float inverse = GB_LARGEST_CODE / largest;
  int32_t code[GB_BLOCK];
  for (int i = 0; i < GB_BLOCK; i++) code[i] = (int32_t)(x[i] * inverse + GB_ROUNDER - GB_ROUNDER);
  for (int i = 0; i < GB_BLOCK; i++) {
    const int32_t high = (code[i] + 8) >> 4;
    parts[i] = (int8_t)high;
    parts[GB_BLOCK + i] = (int8_t)(code[i] - high * 16);
  }
  int32_t first = 0, second = 0;
  for (int i = 0; i < 16; i++) {
    first += code[i];
    second += code[16 + i];
  }
  codes[0] = first;
  codes[1] = second;
  *scale = largest / GB_LARGEST_CODE;
  /* A tree, because its order is the same for vectors of every width. */
  float sums[16];
  for (int i = 0; i < 16; i++) sums[i] = x[i] + x[16 + i];
  for (int i = 0; i < 8; i++) sums[i] += sums[8 + i];
  for (int i = 0; i < 4; i++) sums[i] += sums[4 + i];
  *sum = (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

/** Token `token` of the inputs, whose columns are at x. */
static inline void gb_prepare_token(const float *x, const gb_prepared *inputs, int64_t token) {
  for (int64_t block = 0; block < inputs->blocks; block++) {
    const int64_t at = gb_input_index(inputs->tokens, inputs->blocks, token, block);
    gb_prepare_block(x + block * GB_BLOCK, inputs->parts + at * GB_PARTS_BYTES, inputs->scales + at,
                     inputs->sums + at, inputs->codes + at * 2);
  }
}

#endif
