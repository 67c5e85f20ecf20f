#ifndef GLASSBOX_ROUTER_H
#define GLASSBOX_ROUTER_H

#include <stdbool.h>
#include <stdint.h>

#include "threads.h"

/** More experts than any model has in a layer. */
enum { GB_MOST_EXPERTS = 1024 };

/** How experts are chosen from logits (DeepSeek-V3, arXiv 2412.19437, section 2.1.2). */
typedef struct gb_router {
  /** At most GB_MOST_EXPERTS. */
  int64_t experts;
  /** Of each token. */
  int64_t chosen;
  /** Neighbours in so many groups; only the best `chosen_groups` are looked at. 1 and 1: all are. */
  int64_t groups;
  int64_t chosen_groups;
  /** Scores are sigmoids of the logits; otherwise their softmax. */
  bool is_sigmoid;
  /** Weights are divided by their sum, or by `least_sum` where that is larger. */
  bool normalizes;
  float least_sum;
  /** What weights are multiplied by in the end. */
  float scale;
  /** [experts], or null: added to scores where they are compared, and nowhere else. */
  const float *bias;
} gb_router;

/**
 * The experts of tokens from logits [tokens, experts]: ids and weights [tokens, chosen], best first, of equals the lower id.
 * Weights are right to three roundings of a float.
 */
void gb_route(const gb_threads *threads, const gb_router *router, const float *logits, int64_t tokens, int64_t *experts,
              float *weights);

#endif
