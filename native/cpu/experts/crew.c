#include "crew.h"

#include <stdlib.h>

#include "../source/spin.h"

gb_crew *gb_crew_create(void) {
  gb_crew *crew = malloc(sizeof *crew);
  if (crew == NULL) return NULL;
  atomic_init(&crew->turn, 0);
  atomic_init(&crew->count, 0);
  atomic_init(&crew->ended, 0);
  atomic_init(&crew->argument, NULL);
  atomic_init(&crew->task, NULL);
  atomic_init(&crew->is_closed, 1);
  return crew;
}

void gb_crew_free(gb_crew *crew) { free(crew); }

void gb_crew_open(gb_crew *crew) { atomic_store(&crew->is_closed, 0); }

/** Takes a task of the current run and does it; returns 0 where there is none left. */
static int take(gb_crew *crew) {
  uint64_t turn = atomic_load(&crew->turn);
  const uint32_t count = atomic_load(&crew->count);
  void (*task)(void *, size_t) = atomic_load(&crew->task);
  void *argument = atomic_load(&crew->argument);
  const uint32_t index = (uint32_t)turn;
  if (index >= count || !atomic_compare_exchange_strong(&crew->turn, &turn, turn + 1)) return 0;
  task(argument, index);
  atomic_fetch_add(&crew->ended, 1);
  return 1;
}

void gb_crew_run(void *pool, void (*task)(void *argument, size_t index), size_t count, void *argument) {
  gb_crew *crew = pool;
  /* Nobody takes a task while the fields change: of the old run none is left, and the new one's number is not there yet. */
  const uint64_t run = (atomic_load(&crew->turn) >> 32) + 1;
  atomic_store(&crew->turn, (run << 32) | UINT32_MAX);
  atomic_store(&crew->ended, 0);
  atomic_store(&crew->task, task);
  atomic_store(&crew->argument, argument);
  atomic_store(&crew->count, (uint32_t)count);
  atomic_store(&crew->turn, (run + 1) << 32);
  int spins = 0;
  while ((uint32_t)atomic_load(&crew->turn) < count) take(crew);
  while (atomic_load(&crew->ended) < count) gb_wait_a_little(&spins);
}

void gb_crew_help(gb_crew *crew) {
  int spins = 0;
  while (!atomic_load(&crew->is_closed))
    if (!take(crew)) gb_wait_a_little(&spins);
}
