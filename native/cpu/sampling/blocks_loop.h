/*
 * gb_block_loops with vectors as GCC and clang have them for every processor: no table, no call, no branch. Each instruction
 * set has a file that includes them under a name of its own. All compute the same bits: every operation is rounded by itself,
 * which the build sees to (-ffp-contract=off), and sums have eight parts whatever a register holds.
 */
#include <stdint.h>
#include <string.h>

#include "exponential.h"

enum { DOUBLES = 8, FLOATS = 16 };

typedef double doubles __attribute__((vector_size(8 * DOUBLES)));
typedef int64_t longs __attribute__((vector_size(8 * DOUBLES)));
typedef float halves __attribute__((vector_size(4 * DOUBLES)));
typedef int32_t short_words __attribute__((vector_size(4 * DOUBLES)));
typedef float floats __attribute__((vector_size(4 * FLOATS)));
typedef int32_t words __attribute__((vector_size(4 * FLOATS)));

static double weigh(const float *restrict logits, double max, double scale, float limit, double *restrict weights) {
  const double least = limit;
  doubles sums = {0};
  for (int first = 0; first < GB_BLOCK; first += DOUBLES) {
    halves single;
    memcpy(&single, logits + first, sizeof single);
    const doubles logit = __builtin_convertvector(single, doubles);
    const doubles distance = (max - logit) * scale;
    /* Beyond the last distance this is anything; a comparison is all ones or all zeros. */
    const doubles power = distance * -GB_LOG2_E, shifted = power + GB_ROUNDS, f = power - (shifted - GB_ROUNDS);
    doubles p = GB_POWERS_OF_2[0] * f + GB_POWERS_OF_2[1];
    for (int i = 2; i < GB_POWERS; i++) p = p * f + GB_POWERS_OF_2[i];
    p = p * f + 1.0;
    const longs bits = (longs)p + ((longs)shifted << GB_EXPONENT_SHIFT);
    const doubles weight = (doubles)(bits & (distance < GB_LAST_DISTANCE) & (logit >= least));
    memcpy(weights + first, &weight, sizeof weight);
    sums += weight;
  }
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

static void list_bins(const float *restrict logits, double max, int32_t *restrict bins) {
  const doubles last = (doubles){0} + GB_LAST_DISTANCE;
  for (int first = 0; first < GB_BLOCK; first += DOUBLES) {
    halves single;
    memcpy(&single, logits + first, sizeof single);
    const doubles distance = max - __builtin_convertvector(single, doubles);
    const longs is_near = distance < last;
    const doubles near = (doubles)((is_near & (longs)distance) | (~is_near & (longs)last));
    const short_words bin = __builtin_convertvector(near * GB_BINS_PER_UNIT, short_words);
    memcpy(bins + first, &bin, sizeof bin);
  }
}

static float peaks(const float *restrict logits, int64_t blocks, float *restrict maxima) {
  floats checks = {0};
  for (int64_t block = 0; block < blocks; block++) {
    floats most;
    memcpy(&most, logits + block * GB_BLOCK, sizeof most);
    checks += most * 0.0f;
    for (int first = FLOATS; first < GB_BLOCK; first += FLOATS) {
      floats logit;
      memcpy(&logit, logits + block * GB_BLOCK + first, sizeof logit);
      const words is_larger = logit > most;
      most = (floats)((is_larger & (words)logit) | (~is_larger & (words)most));
      checks += logit * 0.0f;
    }
    float lanes[FLOATS];
    memcpy(lanes, &most, sizeof lanes);
    float peak = lanes[0];
    for (int lane = 1; lane < FLOATS; lane++) peak = lanes[lane] > peak ? lanes[lane] : peak;
    maxima[block] = peak;
  }
  float check = 0;
  for (int lane = 0; lane < FLOATS; lane++) check += checks[lane];
  return check;
}

const gb_block_loops GB_LOOPS = {.peaks = peaks, .weigh = weigh, .list_bins = list_bins};
