#include "experts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "feed_forward.h"
#include "grain.h"
#include "memory.h"

/** The tokens of a piece sorted by the experts they go to: a row for each token and chosen expert. */
typedef struct sorted_rows {
  /** [rows]: the token of each row, expert by expert, tokens in order. */
  int32_t *tokens;
  /** [tokens, chosen]: the row of each choice. */
  int64_t *places;
  /** [experts + 1]: the first row of each expert. */
  int64_t *starts;
} sorted_rows;

static int32_t sort_rows(const gb_choice *choice, int64_t tokens, int64_t experts, sorted_rows *sorted) {
  const int64_t rows = tokens * choice->chosen;
  memset(sorted->starts, 0, (size_t)(experts + 1) * sizeof *sorted->starts);
  for (int64_t i = 0; i < rows; i++) {
    const int64_t expert = choice->experts[i];
    if (expert < 0 || expert >= experts) return GB_BAD_RANGE;
    sorted->starts[expert + 1]++;
  }
  for (int64_t expert = 0; expert < experts; expert++) sorted->starts[expert + 1] += sorted->starts[expert];
  for (int64_t i = 0; i < rows; i++) {
    const int64_t row = sorted->starts[choice->experts[i]]++;
    sorted->places[i] = row;
    sorted->tokens[row] = (int32_t)(i / choice->chosen);
  }
  /* Each start has moved to where the next expert's rows begin. */
  memmove(sorted->starts + 1, sorted->starts, (size_t)experts * sizeof *sorted->starts);
  sorted->starts[0] = 0;
  return GB_OK;
}

/** What the shared expert does. */
static gb_feed_forward shared_part(const gb_expert_stacks *shared, const float *x, int64_t tokens, float *y) {
  const gb_matrix gate = gb_resident_matrix(shared->gate, 0);
  return (gb_feed_forward){.gate = gate,
                           .up = gb_resident_matrix(shared->up, 0),
                           .down = gb_resident_matrix(shared->down, 0),
                           .x = {.x = x, .stride = gate.columns},
                           .tokens = tokens,
                           .y = y};
}

static bool is_alike(const gb_resident *one, const gb_resident *other) {
  const gb_matrix a = gb_resident_matrix(one, 0), b = gb_resident_matrix(other, 0);
  return a.type == b.type && a.rows == b.rows;
}

/**
 * Whether the shared expert is one more part beside the routed ones. With many tokens it would have several times the work
 * of each of them, cut into as many tasks.
 */
static bool goes_beside(const gb_expert_stacks *shared, const gb_expert_stacks *stacks, int64_t tokens) {
  return tokens < GRAIN_TOKENS && is_alike(shared->gate, stacks->gate) && is_alike(shared->up, stacks->up) &&
         is_alike(shared->down, stacks->down);
}

/** One part for each expert that has rows; returns how many. */
static int64_t list_parts(const gb_expert_stacks *stacks, const sorted_rows *sorted, const float *x, float *outputs,
                          gb_feed_forward *parts) {
  const int64_t experts = gb_resident_count(stacks->gate);
  int64_t count = 0;
  for (int64_t expert = 0; expert < experts; expert++) {
    const int64_t first = sorted->starts[expert], tokens = sorted->starts[expert + 1] - first;
    if (tokens == 0) continue;
    gb_feed_forward *part = &parts[count++];
    part->gate = gb_resident_matrix(stacks->gate, expert);
    part->up = gb_resident_matrix(stacks->up, expert);
    part->down = gb_resident_matrix(stacks->down, expert);
    part->tokens = tokens;
    part->x = (gb_rows){.x = x, .stride = part->gate.columns, .picks = sorted->tokens + first};
    part->y = outputs + first * part->down.rows;
  }
  return count;
}

typedef struct weighted_sum {
  const gb_choice *choice;
  const sorted_rows *sorted;
  /** [rows, width] */
  const float *outputs;
  /** [tokens, width], or null. */
  const float *shared;
  float *y;
  int64_t width;
  gb_split split;
} weighted_sum;

static void sum_task(void *argument, size_t index) {
  const weighted_sum *sum = argument;
  const int64_t chosen = sum->choice->chosen, width = sum->width;
  const int64_t end = gb_split_end(&sum->split, (int64_t)index);
  for (int64_t token = gb_split_first(&sum->split, (int64_t)index); token < end; token++) {
    float *restrict y = sum->y + token * width;
    memset(y, 0, (size_t)width * sizeof *y);
    for (int64_t i = token * chosen; i < (token + 1) * chosen; i++) {
      const float weight = sum->choice->weights[i];
      const float *restrict output = sum->outputs + sum->sorted->places[i] * width;
      for (int64_t column = 0; column < width; column++) y[column] += weight * output[column];
    }
    if (sum->shared == NULL) continue;
    const float *restrict shared = sum->shared + token * width;
    for (int64_t column = 0; column < width; column++) y[column] += shared[column];
  }
}

int32_t gb_experts(const gb_threads *threads, const gb_expert_stacks *stacks, const gb_expert_stacks *shared,
                   const gb_choice *choice, const float *x, int64_t tokens, float *y) {
  const int64_t rows = tokens * choice->chosen;
  if (rows == 0) return GB_OK;
  const int64_t experts = gb_resident_count(stacks->gate), width = gb_resident_matrix(stacks->down, 0).rows;
  const int64_t most_parts = (experts < rows ? experts : rows) + 1;
  sorted_rows sorted = {.tokens = malloc((size_t)rows * sizeof *sorted.tokens),
                        .places = malloc((size_t)rows * sizeof *sorted.places),
                        .starts = malloc((size_t)(experts + 1) * sizeof *sorted.starts)};
  gb_feed_forward *parts = malloc((size_t)most_parts * sizeof *parts);
  float *outputs = gb_allocate((size_t)((rows + (shared ? tokens : 0)) * width) * sizeof *outputs);
  int32_t error = GB_BAD_MEMORY;
  if (sorted.tokens && sorted.places && sorted.starts && parts && outputs) {
    error = sort_rows(choice, tokens, experts, &sorted);
    float *of_shared = shared ? outputs + rows * width : NULL;
    int64_t before = 0;
    if (shared) {
      parts[0] = shared_part(shared, x, tokens, of_shared);
      before = goes_beside(shared, stacks, tokens) ? 1 : 0;
      if (error == GB_OK && before == 0) error = gb_feed_forwards(threads, parts, 1);
    }
    if (error == GB_OK)
      error = gb_feed_forwards(threads, parts, before + list_parts(stacks, &sorted, x, outputs, parts + before));
    if (error == GB_OK) {
      weighted_sum sum = {
          .choice = choice, .sorted = &sorted, .outputs = outputs, .shared = of_shared, .y = y, .width = width};
      sum.split = gb_split_tokens(tokens, choice->chosen * width);
      gb_run(threads, sum_task, (size_t)sum.split.tasks, &sum);
    }
  }
  gb_free(outputs);
  free(parts);
  free(sorted.starts);
  free(sorted.places);
  free(sorted.tokens);
  return error;
}
