#include "vocabulary.h"

#include <float.h>
#include <string.h>

static int64_t blocks_of(int64_t count) {
  return (count + GB_BLOCK - 1) / GB_BLOCK;
}

int64_t gb_vocabulary_bytes(int64_t count) {
  const int64_t blocks = blocks_of(count);
  const int64_t doubles = blocks + GB_BINS, words = blocks + count;
  return doubles * (int64_t)sizeof(double) + words * 4;
}

bool gb_vocabulary_open(gb_vocabulary *vocabulary, const float *logits, int64_t count, void *memory) {
  const int64_t blocks = blocks_of(count), whole = count / GB_BLOCK;
  double *doubles = memory;
  float *floats = (float *)(doubles + blocks + GB_BINS);
  *vocabulary = (gb_vocabulary){.logits = logits,
                                .count = count,
                                .blocks = blocks,
                                .loops = gb_blocks(),
                                .peaks = floats,
                                .sums = doubles,
                                .bins = doubles + blocks,
                                .ids = (int32_t *)(floats + blocks)};
  float check = vocabulary->loops->peaks(logits, whole, vocabulary->peaks);
  if (whole < blocks) {
    for (int i = 0; i < GB_BLOCK; i++) vocabulary->tail[i] = -FLT_MAX;
    memcpy(vocabulary->tail, logits + whole * GB_BLOCK, (size_t)(count - whole * GB_BLOCK) * sizeof *logits);
    check += vocabulary->loops->peaks(vocabulary->tail, 1, vocabulary->peaks + whole);
  }
  if (count == 0 || !(check == 0)) return false;
  int64_t block = 0;
  for (int64_t other = 1; other < blocks; other++)
    if (vocabulary->peaks[other] > vocabulary->peaks[block]) block = other;
  int64_t best = block * GB_BLOCK;
  while (logits[best] != vocabulary->peaks[block]) best++;
  vocabulary->best = best;
  vocabulary->max = logits[best];
  return true;
}

const float *gb_block_logits(const gb_vocabulary *vocabulary, int64_t block) {
  return (block + 1) * GB_BLOCK <= vocabulary->count ? vocabulary->logits + block * GB_BLOCK : vocabulary->tail;
}

double gb_weigh_block(const gb_vocabulary *vocabulary, int64_t block, const gb_kept *kept, double scale,
                      double *weights) {
  const float *logits = gb_block_logits(vocabulary, block);
  const double sum = vocabulary->loops->weigh(logits, vocabulary->max, scale, kept->limit, weights);
  const int64_t first = block * GB_BLOCK;
  if (kept->last_id >= first + GB_BLOCK - 1) return sum;
  bool is_cut = false;
  for (int i = 0; i < GB_BLOCK; i++) {
    if (logits[i] != kept->limit || first + i <= kept->last_id) continue;
    weights[i] = 0;
    is_cut = true;
  }
  if (!is_cut) return sum;
  double rest = 0;
  for (int i = 0; i < GB_BLOCK; i++) rest += weights[i];
  return rest;
}
