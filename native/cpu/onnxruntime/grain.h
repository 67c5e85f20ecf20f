#ifndef GLASSBOX_GRAIN_H
#define GLASSBOX_GRAIN_H

#include "split.h"
#include "../include/glassbox_cpu.h"

/*
 * How much one task does. Handing tasks out costs a few microseconds, and memory gives some ten bytes a nanosecond and
 * core: a task that reads 64 KB is several times as long as what it costs. Sixteen tokens keep a core about as busy with the
 * same weights as reading them once more would; with so many a kernel reads them once for several panels.
 *
 * What costs is waking the threads, not the tasks after the first. A matrix that is worth it is therefore cut finer, so that
 * threads end together: SmolLM2's smallest, 186 KB, would be three tasks of 64 KB for two threads. But not much finer than into
 * thirty-two tasks, since each makes its kernel's tiles ready. Several tokens get panels in pairs, as avx512vnni takes them.
 */
enum { GRAIN_BYTES = 64 << 10, FINE_GRAIN_BYTES = 16 << 10, FINE_TASKS = 32, GRAIN_TOKENS = 16, GRAIN_PANELS = 4, GRAIN_FLOATS = 32 << 10 };

/** Panels of a matrix, for tasks that multiply them with so many tokens. */
static inline gb_split gb_split_panels(const gb_matrix *matrix, int64_t tokens) {
  const int64_t panels = gb_panels(matrix->rows);
  const int64_t panel_bytes = matrix->packed_bytes / panels, share = 1 + tokens / GRAIN_TOKENS;
  const int64_t least = share == 1 ? 0 : GRAIN_PANELS * panel_bytes * share;
  const int64_t bytes = matrix->packed_bytes, fine = bytes / FINE_TASKS;
  const int64_t grain = bytes <= GRAIN_BYTES || fine > GRAIN_BYTES ? GRAIN_BYTES
                        : fine < FINE_GRAIN_BYTES                  ? FINE_GRAIN_BYTES
                                                                   : fine;
  const gb_split split = gb_split_items(panels, panel_bytes * share, least > grain ? least : grain);
  return tokens > 1 && split.per_task % 2 == 1 ? gb_split_items(panels, 1, split.per_task + 1) : split;
}

/** Tokens of so many floats, for tasks that read each once. */
static inline gb_split gb_split_tokens(int64_t tokens, int64_t columns) {
  return gb_split_items(tokens, columns, GRAIN_FLOATS);
}

#endif
