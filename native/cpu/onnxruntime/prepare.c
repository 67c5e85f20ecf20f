#include "prepare.h"

#include <stdatomic.h>

#include "grain.h"

typedef struct preparation {
  const gb_rows *rows;
  const gb_inputs *inputs;
  /** Over the tokens of all inputs, one after another. */
  gb_split split;
  _Atomic int32_t error;
} preparation;

static void prepare_task(void *argument, size_t index) {
  preparation *run = argument;
  int64_t first = gb_split_first(&run->split, (int64_t)index);
  const int64_t end = gb_split_end(&run->split, (int64_t)index);
  const gb_rows *rows = run->rows;
  const gb_inputs *inputs = run->inputs;
  int64_t start = 0;
  for (; first < end; start += inputs->tokens, rows++, inputs++) {
    const int64_t next = start + inputs->tokens;
    if (first >= next) continue;
    const int64_t last = end < next ? end : next;
    /* Written by nobody else: inputs are const to those who read them. */
    const int32_t error = gb_prepare_inputs(rows->x, rows->stride, rows->picks, inputs->tokens, inputs->columns,
                                            first - start, last - start, (void *)inputs->data, inputs->data_bytes);
    if (error != GB_OK) atomic_store(&run->error, error);
    first = last;
  }
}

int32_t gb_prepare_all(const gb_threads *threads, const gb_rows *rows, const gb_inputs *inputs, int64_t count) {
  int64_t tokens = 0;
  for (int64_t i = 0; i < count; i++) tokens += inputs[i].tokens;
  if (tokens == 0) return GB_OK;
  preparation run = {.rows = rows, .inputs = inputs, .split = gb_split_tokens(tokens, inputs->columns)};
  atomic_init(&run.error, GB_OK);
  gb_run(threads, prepare_task, (size_t)run.split.tasks, &run);
  return atomic_load(&run.error);
}
