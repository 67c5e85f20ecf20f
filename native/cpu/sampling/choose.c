#include "../include/glassbox_sampling.h"
#include "keep.h"

#include <math.h>

int64_t gb_sampling_bytes(int64_t count) {
  return gb_vocabulary_bytes(count);
}

/** The kept token at `fraction` of the total weight. */
static int64_t draw(gb_vocabulary *vocabulary, const gb_kept *kept, double scale, double fraction) {
  double weights[GB_BLOCK], total = 0;
  for (int64_t block = 0; block < vocabulary->blocks; block++) {
    const bool has_kept = vocabulary->peaks[block] >= kept->limit;
    vocabulary->sums[block] = has_kept ? gb_weigh_block(vocabulary, block, kept, scale, weights) : 0;
    total += vocabulary->sums[block];
  }
  const double target = fraction * total;
  double before = 0;
  /* Stays where rounding keeps all sums a hair below the target. */
  int64_t chosen = vocabulary->best;
  for (int64_t block = 0; block < vocabulary->blocks; block++) {
    const double sum = vocabulary->sums[block];
    if (sum == 0) continue;
    const double after = before + sum;
    if (after <= target) {
      before = after;
      continue;
    }
    gb_weigh_block(vocabulary, block, kept, scale, weights);
    const int64_t first = block * GB_BLOCK;
    for (int64_t id = first; id < first + GB_BLOCK && id < vocabulary->count; id++) {
      if (weights[id - first] == 0) continue;
      chosen = id;
      before += weights[id - first];
      if (before > target) return id;
    }
    before = after;
  }
  return chosen;
}

int64_t gb_choose_token(const float *logits, int64_t count, const gb_filters *filters, void *memory) {
  gb_vocabulary vocabulary;
  if (!gb_vocabulary_open(&vocabulary, logits, count, memory)) return -1;
  if (!(filters->temperature > 0)) return vocabulary.best;
  gb_kept kept = {-INFINITY, INT64_MAX};
  if (filters->top_k > 0 && filters->top_k < (double)count) kept = gb_keep_best(&vocabulary, (int64_t)filters->top_k);
  if (filters->top_p < 1) kept = gb_keep_mass(&vocabulary, kept, filters->top_p);
  kept = gb_keep_weight(&vocabulary, kept, filters->min_p);
  const double scale = 1 / filters->temperature;
  /* Infinity times the best one's distance of 0 would be NaN. */
  return draw(&vocabulary, &kept, scale < 1e300 ? scale : 1e300, filters->fraction);
}
