/*
 * gb_swiglu as a loop that compilers turn into vectors: no table, no call, no branch. Each instruction set has a file that
 * includes it under a name of its own. All compute the same bits: every operation is rounded by itself, which the build
 * sees to (-ffp-contract=off).
 */
#include <stdint.h>
#include <string.h>

/**
 * exp(x) = 2^n exp(r), x = n ln 2 + r with a whole n and |r| <= ln 2 / 2; exp(r) by its Taylor polynomial, whose first
 * term left out is r^8 / 8! < 6e-9; 2^n by its exponent bits.
 */
static inline float exponential(float x) {
  /* Beyond these the result is 0 or infinity to a sigmoid. NaN fails both comparisons and stays. */
  x = x > 88.0f ? 88.0f : x;
  x = x < -87.0f ? -87.0f : x;
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

void GB_SWIGLU(float *restrict gate, const float *restrict up, int64_t length) {
  for (int64_t i = 0; i < length; i++) gate[i] = gate[i] / (1.0f + exponential(-gate[i])) * up[i];
}
