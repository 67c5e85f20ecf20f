#ifndef GB_CREW_H
#define GB_CREW_H

#include <stdatomic.h>
#include <stdint.h>

#include "../include/glassbox_experts.h"
#include "../onnxruntime/threads.h"

/**
 * Tasks that a leader hands out and everybody takes, one by one. Tasks of a run count from 0; `turn` holds the run's number in
 * its upper half and the next task in the lower, so that a helper that looked at one run cannot take a task of another. What a
 * run's fields hold changes only when all of its tasks have ended; whoever has taken one has read what belongs to it.
 */
struct gb_crew {
  _Atomic uint64_t turn;
  _Atomic uint32_t count;
  _Atomic uint32_t ended;
  _Atomic(void *) argument;
  _Atomic(void (*)(void *, size_t)) task;
  _Atomic uint32_t is_closed;
};

/** The leader's way of running tasks: `gb_threads` with the crew as its pool. */
void gb_crew_run(void *pool, void (*task)(void *argument, size_t index), size_t count, void *argument);

#endif
