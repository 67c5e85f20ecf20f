#ifndef GB_EXPONENTIAL_H
#define GB_EXPONENTIAL_H

#include <stdint.h>
#include <string.h>

/** Beyond them the exponential stays where it is: its exponent bits have no more room. */
#define GB_LEAST_EXPONENT (-87.0f)
#define GB_MOST_EXPONENT 88.0f

/**
 * exp(x) = 2^n exp(r), x = n ln 2 + r with a whole n and |r| <= ln 2 / 2; exp(r) by its Taylor polynomial, whose first
 * term left out is r^8 / 8! < 6e-9; 2^n by its exponent bits. No table, no call, no branch: compilers turn a loop over it
 * into vectors. All compute the same bits: every operation is rounded by itself, which the build sees to
 * (-ffp-contract=off). NaN stays NaN.
 */
static inline float gb_exponential_within(float x) {
  /* Adding 1.5 * 2^23 leaves no room for a fraction, so the sum is rounded to a whole number, in its lowest bits. */
  const float shifted = x * 1.44269504f + 12582912.0f;
  const float n = shifted - 12582912.0f;
  /* ln 2 in two parts, the first with so few digits that its products with n are exact. */
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.98412698e-4f;
  p = p * r + 1.38888889e-3f;
  p = p * r + 8.33333333e-3f;
  p = p * r + 4.16666667e-2f;
  p = p * r + 1.66666667e-1f;
  p = p * r + 0.5f;
  p = p * r * r + r + 1.0f;
  int32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  /* What is above the lowest bits of 1.5 * 2^23 is shifted out. */
  const uint32_t exponent = ((uint32_t)bits + 127u) << 23;
  float power;
  memcpy(&power, &exponent, sizeof power);
  return p * power;
}

/** Of any x. */
static inline float gb_exponential(float x) {
  /* NaN fails both comparisons. */
  x = x > GB_MOST_EXPONENT ? GB_MOST_EXPONENT : x;
  x = x < GB_LEAST_EXPONENT ? GB_LEAST_EXPONENT : x;
  return gb_exponential_within(x);
}

#endif
