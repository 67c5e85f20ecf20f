#include "feed_forward.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "../source/chained_product.h"
#include "../source/inputs.h"
#include "grain.h"
#include "memory.h"
#include "swiglu.h"

/** What a part needs on the way. */
typedef struct stage {
  /** Which of the distinct inputs it reads. */
  int64_t outer;
  /** [tokens, inner] each: gate, which becomes gate and up activated, and up. */
  float *gate;
  float *up;
} stage;

typedef struct feed_forward_run {
  const gb_feed_forward *parts;
  int64_t count;
  int64_t inner;
  int64_t width;
  stage *stages;
  /** Tokens as they come; parts with the same single token share. */
  gb_rows *outer_rows;
  gb_inputs *outer;
  int64_t distinct;
  /** What the down matrices read, one for each part. */
  gb_rows *inner_rows;
  gb_inputs *inner_inputs;
  /** Panels of the matrix, or of both, that are being multiplied; the same for all parts. */
  gb_split split;
  _Atomic int32_t error;
} feed_forward_run;

/** The first panel of a task's share of a matrix. */
static const void *first_of(const gb_matrix *matrix, int64_t first) {
  return (const char *)matrix->packed + first * (matrix->packed_bytes / gb_panels(matrix->rows));
}

static void gate_up_task(void *argument, size_t index) {
  feed_forward_run *run = argument;
  const int64_t part = (int64_t)index / run->split.tasks, task = (int64_t)index % run->split.tasks;
  const gb_feed_forward *matrices = &run->parts[part];
  const stage *stage = &run->stages[part];
  const gb_inputs *inputs = &run->outer[stage->outer];
  const int64_t first = gb_split_first(&run->split, task), end = gb_split_end(&run->split, task);
  const gb_output gate = {.y = stage->gate, .stride = run->inner};
  const gb_output up = {.y = stage->up, .stride = run->inner};
  /* Where parts are tasks, the next one is known, whichever thread it comes to; otherwise a thread mostly goes on behind a task. */
  const gb_matrix *next = part + 1 < run->count ? &matrices[1].gate : &run->parts->down;
  const void *behind = task + 1 < run->split.tasks ? first_of(&matrices->gate, end) : next->packed;
  int32_t error = gb_chained_product(&matrices->gate, inputs, first, end, &gate, first_of(&matrices->up, first));
  if (error == GB_OK) error = gb_chained_product(&matrices->up, inputs, first, end, &up, behind);
  if (error != GB_OK) {
    atomic_store(&run->error, error);
    return;
  }
  /* At once, while both are in this core's cache. */
  const int64_t row = first * GB_PANEL_ROWS;
  const int64_t end_row = end * GB_PANEL_ROWS < run->inner ? end * GB_PANEL_ROWS : run->inner;
  gb_swiglu_function *swiglu = gb_swiglu();
  if (end_row - row == run->inner) {
    swiglu(stage->gate, stage->up, inputs->tokens * run->inner);
    return;
  }
  for (int64_t token = 0; token < inputs->tokens; token++) {
    const int64_t at = token * run->inner + row;
    swiglu(stage->gate + at, stage->up + at, end_row - row);
  }
}

static void down_task(void *argument, size_t index) {
  feed_forward_run *run = argument;
  const int64_t part = (int64_t)index / run->split.tasks, task = (int64_t)index % run->split.tasks;
  const gb_output output = {.y = run->parts[part].y, .stride = run->width};
  const void *behind = run->split.tasks == 1 && part + 1 < run->count ? run->parts[part + 1].down.packed : NULL;
  const int32_t error =
      gb_chained_product(&run->parts[part].down, &run->inner_inputs[part], gb_split_first(&run->split, task),
                         gb_split_end(&run->split, task), &output, behind);
  if (error != GB_OK) atomic_store(&run->error, error);
}

static int64_t row_of_only_token(const gb_feed_forward *part) {
  return part->x.picks == NULL ? 0 : part->x.picks[0];
}

/** Whether a part reads the very token of the one before it, so that it need not be prepared again. */
static bool shares_input(const gb_feed_forward *part) {
  const gb_feed_forward *before = part - 1;
  return part->tokens == 1 && before->tokens == 1 && part->x.x == before->x.x &&
         row_of_only_token(part) == row_of_only_token(before);
}

static int64_t aligned(int64_t bytes) {
  return (bytes + GB_ALIGNMENT - 1) / GB_ALIGNMENT * GB_ALIGNMENT;
}

/** Shares memory from address `base` on out among the parts, and returns how many bytes that takes, or a gb_error. */
static int64_t lay_out(feed_forward_run *run, uintptr_t base) {
  int64_t used = 0;
  run->distinct = 0;
  for (int64_t i = 0; i < run->count; i++) {
    const gb_feed_forward *part = &run->parts[i];
    const int64_t outer_bytes = gb_inputs_bytes(part->tokens, run->width);
    const int64_t inner_bytes = gb_inputs_bytes(part->tokens, run->inner);
    if (outer_bytes < 0 || inner_bytes < 0) return outer_bytes < 0 ? outer_bytes : inner_bytes;
    const int64_t float_bytes = aligned(part->tokens * run->inner * (int64_t)sizeof(float));
    stage *stage = &run->stages[i];
    if (i == 0 || !shares_input(part)) {
      run->outer_rows[run->distinct] = part->x;
      run->outer[run->distinct] =
          (gb_inputs){part->tokens, run->width, (void *)(base + (uintptr_t)used), outer_bytes};
      run->distinct++;
      used += aligned(outer_bytes);
    }
    stage->outer = run->distinct - 1;
    stage->gate = (float *)(base + (uintptr_t)used);
    stage->up = (float *)(base + (uintptr_t)(used + float_bytes));
    used += 2 * float_bytes;
    run->inner_rows[i] = (gb_rows){.x = stage->gate, .stride = run->inner};
    run->inner_inputs[i] = (gb_inputs){part->tokens, run->inner, (void *)(base + (uintptr_t)used), inner_bytes};
    used += aligned(inner_bytes);
  }
  return used;
}

/** Whether all inputs but the first are rows of the first, so that they can be copied: a fifth of what it takes to prepare them. */
static bool picks_from_first(const feed_forward_run *run) {
  const gb_rows *rows = run->outer_rows;
  if (rows->picks != NULL) return false;
  for (int64_t i = 0; i < run->distinct; i++) {
    const gb_inputs *inputs = &run->outer[i];
    if (gb_has_spread(inputs->tokens, inputs->columns / GB_BLOCK)) return false;
    if (i > 0 && (rows[i].x != rows->x || rows[i].stride != rows->stride || rows[i].picks == NULL)) return false;
    for (int64_t token = 0; i > 0 && token < inputs->tokens; token++)
      if (rows[i].picks[token] < 0 || rows[i].picks[token] >= run->outer->tokens) return false;
  }
  return true;
}

static int32_t prepare_outer(const gb_threads *threads, const feed_forward_run *run) {
  const bool copies = picks_from_first(run);
  const int32_t error = gb_prepare_all(threads, run->outer_rows, run->outer, copies ? 1 : run->distinct);
  for (int64_t i = 1; copies && error == GB_OK && i < run->distinct; i++)
    gb_pick_inputs(run->outer, run->outer_rows[i].picks, &run->outer[i]);
  return error;
}

static int32_t compute(const gb_threads *threads, feed_forward_run *run) {
  int64_t tokens = 0;
  for (int64_t i = 0; i < run->count; i++) tokens += run->parts[i].tokens;
  const int64_t tokens_each = tokens / run->count;

  int32_t error = prepare_outer(threads, run);
  if (error != GB_OK) return error;
  run->split = gb_split_panels(&run->parts->gate, tokens_each);
  gb_run(threads, gate_up_task, (size_t)(run->count * run->split.tasks), run);
  error = atomic_load(&run->error);
  if (error != GB_OK) return error;
  error = gb_prepare_all(threads, run->inner_rows, run->inner_inputs, run->count);
  if (error != GB_OK) return error;
  run->split = gb_split_panels(&run->parts->down, tokens_each);
  gb_run(threads, down_task, (size_t)(run->count * run->split.tasks), run);
  return atomic_load(&run->error);
}

int32_t gb_feed_forwards(const gb_threads *threads, const gb_feed_forward *parts, int64_t count) {
  if (count == 0) return GB_OK;
  feed_forward_run run = {.parts = parts, .count = count, .inner = parts->gate.rows, .width = parts->down.rows};
  atomic_init(&run.error, GB_OK);
  const size_t parts_count = (size_t)count;
  run.stages = malloc(parts_count * sizeof *run.stages);
  run.outer_rows = malloc(2 * parts_count * sizeof *run.outer_rows);
  run.outer = malloc(2 * parts_count * sizeof *run.outer);
  int32_t error = GB_BAD_MEMORY;
  if (run.stages != NULL && run.outer_rows != NULL && run.outer != NULL) {
    run.inner_rows = run.outer_rows + count;
    run.inner_inputs = run.outer + count;
    const int64_t bytes = lay_out(&run, 0);
    void *memory = bytes < 0 ? NULL : gb_allocate((size_t)bytes);
    if (bytes < 0) error = (int32_t)bytes;
    if (memory != NULL) {
      lay_out(&run, (uintptr_t)memory);
      error = compute(threads, &run);
    }
    gb_free(memory);
  }
  free(run.outer);
  free(run.outer_rows);
  free(run.stages);
  return error;
}
