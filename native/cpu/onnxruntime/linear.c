#include "linear.h"

#include <stdatomic.h>

#include "grain.h"
#include "memory.h"
#include "prepare.h"

typedef struct linear_run {
  const gb_matrix *matrices;
  int64_t count;
  gb_inputs inputs;
  const float *bias;
  float *y;
  int64_t rows;
  _Atomic int32_t error;
} linear_run;

static void add_bias(const linear_run *run, int64_t first_row, int64_t end_row) {
  for (int64_t token = 0; token < run->inputs.tokens; token++) {
    float *y = run->y + token * run->rows;
    for (int64_t row = first_row; row < end_row; row++) y[row] += run->bias[row];
  }
}

static void linear_task(void *argument, size_t index) {
  linear_run *run = argument;
  int64_t task = (int64_t)index;
  int64_t row = 0;
  const gb_matrix *matrix = run->matrices;
  gb_split split = gb_split_panels(matrix, run->inputs.tokens);
  while (task >= split.tasks) {
    task -= split.tasks;
    row += matrix->rows;
    matrix++;
    split = gb_split_panels(matrix, run->inputs.tokens);
  }
  const int64_t first = gb_split_first(&split, task), end = gb_split_end(&split, task);
  const gb_output output = {.y = run->y + row, .stride = run->rows};
  const int32_t error = gb_product(matrix, &run->inputs, first, end, &output);
  if (error != GB_OK) {
    atomic_store(&run->error, error);
    return;
  }
  if (run->bias == NULL) return;
  const int64_t end_row = end * GB_PANEL_ROWS < matrix->rows ? end * GB_PANEL_ROWS : matrix->rows;
  add_bias(run, row + first * GB_PANEL_ROWS, row + end_row);
}

int32_t gb_linear(const gb_threads *threads, const gb_matrix *matrices, int64_t count, const float *x, int64_t tokens,
                  const float *bias, float *y) {
  if (tokens == 0) return GB_OK;
  const int64_t columns = matrices->columns;
  const int64_t bytes = gb_inputs_bytes(tokens, columns);
  if (bytes < 0) return (int32_t)bytes;
  void *data = gb_allocate((size_t)bytes);
  if (data == NULL) return GB_BAD_MEMORY;

  linear_run run = {.matrices = matrices,
                    .count = count,
                    .inputs = {.tokens = tokens, .columns = columns, .data = data, .data_bytes = bytes},
                    .bias = bias,
                    .y = y};
  size_t tasks = 0;
  for (int64_t i = 0; i < count; i++) {
    run.rows += matrices[i].rows;
    tasks += (size_t)gb_split_panels(&matrices[i], tokens).tasks;
  }
  const gb_rows rows = {.x = x, .stride = columns};
  atomic_init(&run.error, gb_prepare_all(threads, &rows, &run.inputs, 1));
  if (atomic_load(&run.error) == GB_OK) gb_run(threads, linear_task, tasks, &run);
  gb_free(data);
  return atomic_load(&run.error);
}
