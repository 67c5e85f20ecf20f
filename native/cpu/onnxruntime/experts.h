#ifndef GLASSBOX_EXPERTS_H
#define GLASSBOX_EXPERTS_H

#include "resident.h"
#include "threads.h"

/** Stacks of matrices [experts, ..], one matrix of each for an expert. */
typedef struct gb_expert_stacks {
  const gb_resident *gate;
  const gb_resident *up;
  const gb_resident *down;
} gb_expert_stacks;

/** Where tokens go: expert ids and what multiplies their outputs, [tokens, chosen] each. */
typedef struct gb_choice {
  const int64_t *experts;
  const float *weights;
  int64_t chosen;
} gb_choice;

/**
 * y[token] = sum over the chosen, in their order, of weight * down(silu(gate x) * up x), plus what the shared expert gives,
 * whose stacks have one matrix each (null: there is none). Reads the matrices of chosen experts only. Returns a gb_error;
 * GB_BAD_RANGE for an expert that is not there.
 */
int32_t gb_experts(const gb_threads *threads, const gb_expert_stacks *stacks, const gb_expert_stacks *shared,
                   const gb_choice *choice, const float *x, int64_t tokens, float *y);

#endif
