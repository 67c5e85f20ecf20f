/*
 * The two passes over a vocabulary that choosing a token takes (src/engine/sampling/candidates.ts): the same operations in the
 * same order as their twins in TypeScript, and so the same bits, in a fraction of the time.
 */
#ifndef GLASSBOX_SAMPLING_H
#define GLASSBOX_SAMPLING_H

#include "glassbox_cpu.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A distance of 1 from the best logit is so many bins; all from GB_LAST_DISTANCE on are the last one. */
#define GB_BINS_PER_UNIT 64
#define GB_LAST_DISTANCE 40
#define GB_BINS (GB_LAST_DISTANCE * GB_BINS_PER_UNIT + 1)

/** exp(-x) for whole x below GB_LAST_DISTANCE, and for multiples of 1/256 below 1: the caller's, so that both twins have one. */
typedef struct gb_exponentials {
  const double *whole;
  const double *fraction;
} gb_exponentials;

/** Tokens with logits above min_logit, and those at it with an id of at most last_id. */
typedef struct gb_kept {
  double min_logit;
  double last_id;
} gb_kept;

/**
 * Adds exp(logit - max) of each kept token to the bin of its distance from `max`, the largest logit. bins[GB_BINS] are set to
 * zero before. Returns the sum of all.
 */
GB_EXPORT double gb_weigh_candidates(const float *logits, int64_t count, double max, const gb_kept *kept,
                                     const gb_exponentials *exponentials, double *bins);

/**
 * Lists the kept tokens, ascending, with exp((logit - max) / temperature). ids and weights have room for `count`. Returns how
 * many they are; `total` becomes the sum of their weights.
 */
GB_EXPORT int64_t gb_gather_candidates(const float *logits, int64_t count, double max, const gb_kept *kept,
                                       double temperature, const gb_exponentials *exponentials, int32_t *ids,
                                       double *weights, double *total);

#ifdef __cplusplus
}
#endif

#endif
