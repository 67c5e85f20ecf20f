/* The loops over a vocabulary that take most of the time, for blocks of 64 logits: one file for each width of vectors. */
#ifndef GLASSBOX_SAMPLING_BLOCKS_H
#define GLASSBOX_SAMPLING_BLOCKS_H

#include <stdint.h>

enum { GB_BLOCK = 64 };

/** From here on exp(-distance) counts as 0: even 152,000 such terms would add less than 1e-12 to the best one's 1. */
#define GB_LAST_DISTANCE 40

/** A histogram of logits by their distance from the largest: so many bins for a distance of 1, the last one for all that is left. */
enum { GB_BINS_PER_UNIT = 64, GB_BINS = GB_LAST_DISTANCE * GB_BINS_PER_UNIT + 1 };

typedef struct gb_block_loops {
  /** The largest logit of each block. The sum that is returned is 0 for finite logits, and NaN with any other. */
  float (*peaks)(const float *logits, int64_t blocks, float *peaks);
  /** weights[i] = exp((logit - max) * scale) for logits of at least `limit`, otherwise 0. Returns their sum. */
  double (*weigh)(const float *logits, double max, double scale, float limit, double *weights);
  /** The bin of each logit. */
  void (*list_bins)(const float *logits, double max, int32_t *bins);
} gb_block_loops;

extern const gb_block_loops gb_plain_blocks;
#if defined(__x86_64__)
extern const gb_block_loops gb_avx2_blocks;
extern const gb_block_loops gb_avx512_blocks;
#endif

/** Those for the instruction set in use. */
const gb_block_loops *gb_blocks(void);

#endif
