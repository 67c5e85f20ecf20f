#ifndef GLASSBOX_THREADS_H
#define GLASSBOX_THREADS_H

#include <stddef.h>

/** The caller's threads. */
typedef struct gb_threads {
  /** Runs task(argument, 0) to task(argument, count - 1), in any order and several at once; returns when all have ended. */
  void (*run)(void *pool, void (*task)(void *argument, size_t index), size_t count, void *argument);
  void *pool;
} gb_threads;

/** As `run`, but a single task is called in place. */
static inline void gb_run(const gb_threads *threads, void (*task)(void *, size_t), size_t count, void *argument) {
  if (count == 1)
    task(argument, 0);
  else if (count > 1)
    threads->run(threads->pool, task, count, argument);
}

#endif
