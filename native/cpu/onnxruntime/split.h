#ifndef GLASSBOX_SPLIT_H
#define GLASSBOX_SPLIT_H

#include <stddef.h>
#include <stdint.h>

/** `items` in order, cut into `tasks` runs of `per_task` (the last one shorter). */
typedef struct gb_split {
  int64_t items;
  int64_t per_task;
  int64_t tasks;
} gb_split;

/** Tasks of at least about `least` units of work where an item is `work` units. */
static inline gb_split gb_split_items(int64_t items, int64_t work, int64_t least) {
  int64_t per_task = work < 1 ? items : (least + work - 1) / work;
  if (per_task < 1) per_task = 1;
  if (per_task > items) per_task = items;
  return (gb_split){items, per_task, items == 0 ? 0 : (items + per_task - 1) / per_task};
}

static inline int64_t gb_split_first(const gb_split *split, int64_t task) {
  return task * split->per_task;
}

static inline int64_t gb_split_end(const gb_split *split, int64_t task) {
  const int64_t end = (task + 1) * split->per_task;
  return end < split->items ? end : split->items;
}

#endif
