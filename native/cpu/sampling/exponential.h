#ifndef GLASSBOX_SAMPLING_EXPONENTIAL_H
#define GLASSBOX_SAMPLING_EXPONENTIAL_H

#include <stdint.h>
#include <string.h>

/*
 * exp(-x) = 2^n 2^f for x from 0 to 40, with a whole n and |f| <= 1/2. 2^f by its Taylor polynomial, whose first term left out
 * is (ln 2 / 2)^10 / 10! < 7e-12; 2^n by its exponent bits. blocks_loop.h does the same with vectors, for the same bits.
 */
#define GB_LOG2_E 1.4426950408889634
/** Adding 1.5 * 2^52 leaves no room for a fraction: the sum is rounded to a whole number, in its lowest bits. */
#define GB_ROUNDS 6755399441055744.0
/** What is above the lowest bits of GB_ROUNDS is shifted out of a double by this. */
#define GB_EXPONENT_SHIFT 52
/** Of f^9 down to f^1. */
static const double GB_POWERS_OF_2[] = {1.01780860092397e-07,   1.321548679014431e-06,  1.5252733804059841e-05,
                                        0.0001540353039338161,  0.0013333558146428443,  0.009618129107628477,
                                        0.05550410866482158,    0.24022650695910072,    0.6931471805599453};
enum { GB_POWERS = sizeof GB_POWERS_OF_2 / sizeof *GB_POWERS_OF_2 };

static inline double gb_exp_negative(double x) {
  const double power = x * -GB_LOG2_E, shifted = power + GB_ROUNDS, f = power - (shifted - GB_ROUNDS);
  double p = GB_POWERS_OF_2[0];
  for (int i = 1; i < GB_POWERS; i++) p = p * f + GB_POWERS_OF_2[i];
  p = p * f + 1.0;
  uint64_t bits, result;
  memcpy(&result, &p, sizeof result);
  memcpy(&bits, &shifted, sizeof bits);
  result += bits << GB_EXPONENT_SHIFT;
  memcpy(&p, &result, sizeof p);
  return p;
}

#endif
