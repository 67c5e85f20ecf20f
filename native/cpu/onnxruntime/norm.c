#include "norm.h"

#include <string.h>

#include "../include/glassbox_cpu.h"
#include "grain.h"

typedef struct norm_run {
  const gb_norm *norm;
  gb_norm_function *function;
  gb_split split;
} norm_run;

static gb_norm_function *current(void) {
#if defined(__x86_64__)
  const char *isa = gb_isa();
  if (strcmp(isa, "amx") == 0 || strcmp(isa, "avx512vnni") == 0) return gb_norm_avx512;
  if (strcmp(isa, "avx2") == 0 || strcmp(isa, "avxvnni") == 0) return gb_norm_avx2;
#endif
  return gb_norm_plain;
}

static void norm_task(void *argument, size_t index) {
  const norm_run *run = argument;
  run->function(run->norm, gb_split_first(&run->split, (int64_t)index), gb_split_end(&run->split, (int64_t)index));
}

void gb_norm_all(const gb_threads *threads, const gb_norm *norm) {
  norm_run run = {norm, current(), gb_split_tokens(norm->tokens, norm->columns)};
  gb_run(threads, norm_task, (size_t)run.split.tasks, &run);
}
