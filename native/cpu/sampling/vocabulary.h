/* The logits of a vocabulary, and what is worked out of them on the way to a token. */
#ifndef GLASSBOX_SAMPLING_VOCABULARY_H
#define GLASSBOX_SAMPLING_VOCABULARY_H

#include <stdbool.h>
#include <stdint.h>

#include "blocks.h"

typedef struct gb_vocabulary {
  const float *logits;
  int64_t count;
  int64_t blocks;
  const gb_block_loops *loops;
  /** The last logits where they do not fill a block, and below them the least float. */
  float tail[GB_BLOCK];
  /** [blocks]: the largest logit of each. */
  float *peaks;
  /** The best token: of equals the lowest id. */
  int64_t best;
  double max;
  /* Room for whoever needs it: [blocks], [GB_BINS], [count]. */
  double *sums;
  double *bins;
  int32_t *ids;
} gb_vocabulary;

/** A set of best tokens: those of logits above `limit`, and those at it up to `last_id`. */
typedef struct gb_kept {
  float limit;
  int64_t last_id;
} gb_kept;

/** Bytes of `memory` for gb_vocabulary_open. */
int64_t gb_vocabulary_bytes(int64_t count);

/** False where a logit is NaN or infinite. */
bool gb_vocabulary_open(gb_vocabulary *vocabulary, const float *logits, int64_t count, void *memory);

/** GB_BLOCK logits. */
const float *gb_block_logits(const gb_vocabulary *vocabulary, int64_t block);

/** As gb_block_loops.weigh, with 0 for tokens that are not kept. */
double gb_weigh_block(const gb_vocabulary *vocabulary, int64_t block, const gb_kept *kept, double scale, double *weights);

static inline bool gb_is_kept(const gb_kept *kept, float logit, int64_t id) {
  return logit > kept->limit || (logit == kept->limit && id <= kept->last_id);
}

#endif
