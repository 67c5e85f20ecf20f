/*
 * What choosing a token takes of a whole vocabulary: the choice itself, and what there was to choose from
 * (src/engine/sampling/candidates.ts and tokenDetail.ts do the same in TypeScript).
 *
 * Results are the same bits with every instruction set. They differ from those in TypeScript by rounding alone: exponentials
 * are right to 1e-11 of themselves in both, and sums are added up in another order.
 */
#ifndef GLASSBOX_SAMPLING_H
#define GLASSBOX_SAMPLING_H

#include "glassbox_cpu.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Which tokens stay, in this order: the `top_k` best, of them the fewest best with `top_p` of the mass, of them those with
 * `min_p` of the best one's probability. 0, 1 and 0 keep all. Of equal logits the lower id is the better one.
 */
typedef struct gb_filters {
  double top_k;
  double top_p;
  double min_p;
  /** What logits are divided by before the draw; at 0 the best token is taken, and nothing else here counts. */
  double temperature;
  /** Where the draw falls among the weights of what stays, ids ascending: from 0 to 1, 1 excluded. */
  double fraction;
} gb_filters;

/** What there was to choose from, before any filter. Weights are exp(logit - the largest logit). */
typedef struct gb_detail {
  /** Sum of the weights. */
  double mass;
  /** Sum of weight * (largest logit - logit). */
  double distance;
  /** Best first; the vocabulary may have fewer. */
  double best[5];
} gb_detail;

/** Bytes of memory that the functions below need for a vocabulary of `count` tokens. */
GB_EXPORT int64_t gb_sampling_bytes(int64_t count);

/** The next token, or -1 where a logit is NaN or infinite. `memory` begins at a multiple of 8. */
GB_EXPORT int64_t gb_choose_token(const float *logits, int64_t count, const gb_filters *filters, void *memory);

/** Returns how many of `best` there are, or -1 where a logit is NaN or infinite. */
GB_EXPORT int64_t gb_describe_choice(const float *logits, int64_t count, gb_detail *detail, void *memory);

#ifdef __cplusplus
}
#endif

#endif
