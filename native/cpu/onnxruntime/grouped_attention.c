#include "grouped_attention.h"

#include <stddef.h>

#include "../attention/attention_kernel.h"
#include "../tandem/tandem.h"
#include "attention.h"
#include "grain.h"
#include "memory.h"

typedef struct grouped_run {
  const gb_grouped_attention *grouped;
  float *queries;
  gb_split split;
} grouped_run;

static void enter_task(void *argument, size_t index) {
  const grouped_run *run = argument;
  const int64_t task = (int64_t)index;
  gb_current_attention()->enter_grouped(run->grouped, gb_split_first(&run->split, task), gb_split_end(&run->split, task),
                                        run->queries);
}

static int32_t check(const gb_grouped_attention *grouped) {
  const gb_attention *a = &grouped->attention;
  const int32_t error = gb_check_attention(a, &grouped->rotation);
  if (error != GB_OK) return error;
  if (a->key_dim != a->value_dim) return GB_BAD_SHAPE;
  return !grouped->x || !grouped->query_norm != !grouped->key_norm ? GB_BAD_MEMORY : GB_OK;
}

int32_t gb_attend_grouped(const gb_threads *threads, const gb_grouped_attention *grouped) {
  const gb_attention *a = &grouped->attention;
  if (a->tokens == 0) return GB_OK;
  int32_t error = check(grouped);
  if (error != GB_OK) return error;
  grouped_run run = {.grouped = grouped};
  run.queries = gb_allocate((size_t)(a->tokens * a->query_heads * a->key_dim) * sizeof *run.queries);
  if (run.queries == NULL) return GB_BAD_MEMORY;
  run.split = gb_split_tokens(a->tokens, (a->query_heads + 2 * a->kv_heads) * a->key_dim);
  gb_tandem_wait_for_rows();
  gb_run(threads, enter_task, (size_t)run.split.tasks, &run);
  gb_tandem_rows_stored();
  error = gb_attend(threads, a, run.queries);
  gb_free(run.queries);
  return error;
}
