#include "keep.h"

#include <math.h>
#include <string.h>

#include "exponential.h"

/** What a token of a logit adds towards a target. */
typedef double measure_function(const gb_vocabulary *vocabulary, float logit);

static double one(const gb_vocabulary *vocabulary, float logit) {
  (void)vocabulary;
  (void)logit;
  return 1;
}

static double weight(const gb_vocabulary *vocabulary, float logit) {
  const double distance = vocabulary->max - logit;
  return distance < GB_LAST_DISTANCE ? gb_exp_negative(distance) : 0;
}

static void swap(int32_t *ids, int64_t a, int64_t b) {
  const int32_t id = ids[a];
  ids[a] = ids[b];
  ids[b] = id;
}

/**
 * Of the first `size` of the vocabulary's ids, all with a logit in `logits`, the fewest best whose measures reach `target`: a
 * quickselect. Where rounding keeps all of them short of it, all are kept.
 */
static gb_kept select_best(const gb_vocabulary *vocabulary, const float *logits, int64_t size, double target,
                           measure_function *measure) {
  int32_t *ids = vocabulary->ids;
  int64_t from = 0, to = size;
  while (from < to) {
    /* Everything before `from` is better than what is between `from` and `to`, and is kept. */
    swap(ids, from + (to - from) / 2, to - 1);
    const int32_t pivot = ids[to - 1];
    const float pivot_logit = logits[pivot];
    int64_t boundary = from;
    double better = 0;
    for (int64_t i = from; i < to - 1; i++) {
      const float logit = logits[ids[i]];
      if (logit < pivot_logit || (logit == pivot_logit && ids[i] > pivot)) continue;
      better += measure(vocabulary, logit);
      swap(ids, i, boundary++);
    }
    if (boundary > from && better >= target) {
      to = boundary;
      continue;
    }
    target -= better + measure(vocabulary, pivot_logit);
    if (target <= 0) return (gb_kept){pivot_logit, pivot};
    swap(ids, boundary, to - 1);
    from = boundary + 1;
  }
  float worst = INFINITY;
  for (int64_t i = 0; i < size; i++) worst = logits[ids[i]] < worst ? logits[ids[i]] : worst;
  return (gb_kept){worst, INT64_MAX};
}

gb_kept gb_keep_best(gb_vocabulary *vocabulary, int64_t count) {
  float bound = -INFINITY;
  if (count <= vocabulary->blocks) {
    /* As many blocks hold a token of at least this logit: so do the best. */
    for (int64_t block = 0; block < vocabulary->blocks; block++) vocabulary->ids[block] = (int32_t)block;
    bound = select_best(vocabulary, vocabulary->peaks, vocabulary->blocks, (double)count, one).limit;
  }
  int64_t size = 0;
  for (int64_t block = 0; block < vocabulary->blocks; block++) {
    if (vocabulary->peaks[block] < bound) continue;
    const int64_t first = block * GB_BLOCK;
    const int64_t end = first + GB_BLOCK < vocabulary->count ? first + GB_BLOCK : vocabulary->count;
    for (int64_t id = first; id < end; id++)
      if (vocabulary->logits[id] >= bound) vocabulary->ids[size++] = (int32_t)id;
  }
  return select_best(vocabulary, vocabulary->logits, size, (double)count, one);
}

static int bin_of(double distance) {
  return distance < GB_LAST_DISTANCE ? (int)(distance * GB_BINS_PER_UNIT) : GB_BINS - 1;
}

/** Adds the weights of a block's tokens between two bins to theirs. */
static void fill_bins(gb_vocabulary *vocabulary, int64_t block, const double *weights, int from, int to) {
  int32_t bins[GB_BLOCK];
  vocabulary->loops->list_bins(gb_block_logits(vocabulary, block), vocabulary->max, bins);
  for (int i = 0; i < GB_BLOCK; i++)
    if (bins[i] >= from && bins[i] < to) vocabulary->bins[bins[i]] += weights[i];
}

/** The nearest bin that a token of a block is in. */
static int nearest_bin(const gb_vocabulary *vocabulary, int64_t block) {
  return bin_of(vocabulary->max - vocabulary->peaks[block]);
}

/** Lists the kept tokens of a bin in the vocabulary's ids, and returns how many there are. */
static int64_t list_bin(gb_vocabulary *vocabulary, const gb_kept *kept, int bin) {
  int32_t bins[GB_BLOCK];
  int64_t size = 0;
  for (int64_t block = 0; block < vocabulary->blocks; block++) {
    if (vocabulary->peaks[block] < kept->limit || nearest_bin(vocabulary, block) > bin) continue;
    vocabulary->loops->list_bins(gb_block_logits(vocabulary, block), vocabulary->max, bins);
    const int64_t first = block * GB_BLOCK;
    const int64_t end = first + GB_BLOCK < vocabulary->count ? first + GB_BLOCK : vocabulary->count;
    for (int64_t id = first; id < end; id++) {
      /* No branch: nobody can foresee it. */
      vocabulary->ids[size] = (int32_t)id;
      size += (bins[id - first] == bin) & gb_is_kept(kept, vocabulary->logits[id], id);
    }
  }
  return size;
}

gb_kept gb_keep_mass(gb_vocabulary *vocabulary, gb_kept kept, double share) {
  /* What most distributions take is near the best token: bins are filled as far as they are looked at. */
  static const int ENDS[] = {2 * GB_BINS_PER_UNIT, 10 * GB_BINS_PER_UNIT, GB_BINS};
  enum { LEVELS = sizeof ENDS / sizeof *ENDS };
  double weights[GB_BLOCK], mass = 0;
  memset(vocabulary->bins, 0, GB_BINS * sizeof *vocabulary->bins);
  for (int64_t block = 0; block < vocabulary->blocks; block++) {
    if (vocabulary->peaks[block] < kept.limit) continue;
    mass += gb_weigh_block(vocabulary, block, &kept, 1, weights);
    if (nearest_bin(vocabulary, block) < ENDS[0]) fill_bins(vocabulary, block, weights, 0, ENDS[0]);
  }

  double target = share * mass;
  int bin = 0;
  for (int level = 0; level < LEVELS; level++) {
    for (; bin < ENDS[level]; bin++) {
      const double sum = vocabulary->bins[bin];
      /* The best token is kept even for a target of 0. */
      if (sum > 0 && sum >= target) {
        const int64_t size = list_bin(vocabulary, &kept, bin);
        const gb_kept best = select_best(vocabulary, vocabulary->logits, size, target, weight);
        return best.limit == kept.limit && best.last_id > kept.last_id ? kept : best;
      }
      target -= sum;
    }
    for (int64_t block = 0; level + 1 < LEVELS && block < vocabulary->blocks; block++) {
      if (vocabulary->peaks[block] < kept.limit || nearest_bin(vocabulary, block) >= ENDS[level + 1]) continue;
      gb_weigh_block(vocabulary, block, &kept, 1, weights);
      fill_bins(vocabulary, block, weights, bin, ENDS[level + 1]);
    }
  }
  /* Rounding: all together do not quite reach it. */
  return kept;
}

gb_kept gb_keep_weight(const gb_vocabulary *vocabulary, gb_kept kept, double least) {
  if (!(least > 0)) return kept;
  const double limit = vocabulary->max + log(least);
  float above = (float)limit;
  if (above < limit) above = nextafterf(above, INFINITY);
  return above > kept.limit ? (gb_kept){above, INT64_MAX} : kept;
}
