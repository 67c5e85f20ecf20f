#include "../include/glassbox_sampling.h"
#include "keep.h"

#include <math.h>

enum { BEST = sizeof((gb_detail){0}.best) / sizeof(double), LANES = 8 };

/** Puts `id` behind all that are as good. */
static void insert(const float *logits, double *best, int64_t count, int64_t id) {
  for (; count > 0 && logits[(int64_t)best[count - 1]] < logits[id]; count--) best[count] = best[count - 1];
  best[count] = (double)id;
}

/** Returns how many. */
static int64_t list_best(gb_vocabulary *vocabulary, double *best) {
  const gb_kept kept = gb_keep_best(vocabulary, BEST);
  int64_t count = 0;
  for (int64_t block = 0; block < vocabulary->blocks; block++) {
    if (vocabulary->peaks[block] < kept.limit) continue;
    const int64_t first = block * GB_BLOCK;
    for (int64_t id = first; id < first + GB_BLOCK && id < vocabulary->count; id++)
      if (gb_is_kept(&kept, vocabulary->logits[id], id)) insert(vocabulary->logits, best, count++, id);
  }
  return count;
}

int64_t gb_describe_choice(const float *logits, int64_t count, gb_detail *detail, void *memory) {
  gb_vocabulary vocabulary;
  if (!gb_vocabulary_open(&vocabulary, logits, count, memory)) return -1;
  const gb_kept all = {-INFINITY, INT64_MAX};
  double weights[GB_BLOCK], sums[LANES] = {0}, mass = 0;
  for (int64_t block = 0; block < vocabulary.blocks; block++) {
    mass += gb_weigh_block(&vocabulary, block, &all, 1, weights);
    const float *of = gb_block_logits(&vocabulary, block);
    for (int first = 0; first < GB_BLOCK; first += LANES)
      for (int lane = 0; lane < LANES; lane++)
        sums[lane] += weights[first + lane] * (vocabulary.max - of[first + lane]);
  }
  detail->mass = mass;
  detail->distance = 0;
  for (int lane = 0; lane < LANES; lane++) detail->distance += sums[lane];
  return list_best(&vocabulary, detail->best);
}
