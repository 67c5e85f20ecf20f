#include "../include/glassbox_tandem.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "../source/spin.h"
#include "core.h"
#include "tandem.h"

/** Whoever follows is: */
enum {
  /** not there, or lets another thread have its core */
  AWAY,
  /** looking for work: only who follows says so */
  READY,
  /** computing */
  GIVEN,
  /** done, and its result has not been taken yet */
  DONE,
};

typedef void *(*ort_run)(void *, const void *, const void *, const void *, size_t, const void *, size_t, void *);

struct gb_tandem {
  ort_run run;
  gb_ort_run runs[GB_TANDEM_RUNS];
  int64_t count;
  void *status;
  _Atomic uint32_t state;
  _Atomic uint32_t is_dismissed;
  /** Of the thread that leads, when it last had work to hand over. */
  _Atomic int32_t leading_core;
  /** What both threads look at while they compute is in no line of memory with the rest. */
  char before[64];
  /** Layers whose caches have the leading rows; all of them when its runs have ended, however they did. */
  _Atomic uint32_t stored;
  char behind[64];
};

static _Thread_local gb_tandem *leading, *following;
/** Layers whose caches the thread that follows has come to. */
static _Thread_local uint32_t reached;

gb_tandem *gb_tandem_create(uint64_t run) {
  gb_tandem *tandem = calloc(1, sizeof *tandem);
  if (tandem == NULL) return NULL;
  atomic_init(&tandem->leading_core, -1);
  tandem->run = (ort_run)(uintptr_t)run;
  return tandem;
}

void gb_tandem_free(gb_tandem *tandem) { free(tandem); }

static void *address(uint64_t word) { return (void *)(uintptr_t)word; }

static void follow(gb_tandem *tandem) {
  void *status = NULL;
  following = tandem;
  reached = 0;
  for (int64_t i = 0; i < tandem->count && status == NULL; i++) {
    const gb_ort_run *r = &tandem->runs[i];
    status = tandem->run(address(r->session), address(r->options), address(r->input_names), address(r->inputs),
                         (size_t)r->input_count, address(r->output_names), (size_t)r->output_count, address(r->outputs));
  }
  following = NULL;
  tandem->status = status;
  atomic_store_explicit(&tandem->state, DONE, memory_order_release);
}

/**
 * Turns of GB_SPINS looks in vain, some tens of microseconds each, before others may have the core. It is longer than a pass usually takes
 * to come: whoever leads shall find this thread.
 */
enum { TURNS = 4 };

/** Times that nothing came for so long before a thread leaves: some milliseconds together. */
enum { IDLE_TIMES = 32 };

/** Who lets others have its core and is gone for so long shares it with somebody who computes, and would be gone again in mid-pass. */
enum { CONTESTED_US = 200 };

/** One after another: once may be a moment's work of others. */
enum { MOST_CONTESTED = 3 };

/**
 * A thread that wakes up often does so on the core of the one that woke it. Both then take turns of milliseconds, until the system
 * moves one.
 */
static void leave_core_of_leader(gb_tandem *tandem) {
  const int32_t core = atomic_load(&tandem->leading_core);
  if (core >= 0 && core == gb_current_core()) gb_leave_core(core);
}

static int64_t microseconds(void) {
  struct timespec now;
  timespec_get(&now, TIME_UTC);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/** Lets others have the core. Returns whether one had it for long. */
static int32_t yield_core(gb_tandem *tandem) {
  const int64_t before = microseconds();
  gb_yield();
  const int64_t after = microseconds();
  leave_core_of_leader(tandem);
  return after - before > CONTESTED_US;
}

/**
 * Ready for work between times that others may have the core: behind each pass, while whoever leads has other things to do, and when none
 * comes. Returns 0 where there was none to do for long, 1 where others had it for long.
 */
static int32_t wait_for_work(gb_tandem *tandem) {
  int spins = 0, turns = 0, idle = 0, contested = 0;
  while (contested < MOST_CONTESTED) {
    uint32_t state = atomic_load_explicit(&tandem->state, memory_order_acquire);
    if (state == GIVEN) {
      follow(tandem);
      turns = idle = 0;
      contested = yield_core(tandem) ? contested + 1 : 0;
    } else if (state == AWAY && contested == 0) {
      atomic_compare_exchange_strong(&tandem->state, &state, READY);
    } else if (gb_spin(&spins) && (++turns >= TURNS || contested > 0)) {
      turns = 0;
      /* Whoever leads shall not count on this thread meanwhile. */
      if (state == READY && !atomic_compare_exchange_strong(&tandem->state, &state, AWAY)) continue;
      if (++idle == IDLE_TIMES || atomic_load(&tandem->is_dismissed)) return 0;
      /* Who was gone for long is not relied on before it has come back at once. */
      contested = yield_core(tandem) ? contested + 1 : 0;
    }
  }
  return 1;
}

void gb_tandem_call(gb_tandem *tandem) {
  atomic_store(&tandem->leading_core, gb_current_core());
  atomic_store(&tandem->is_dismissed, 0);
}

int32_t gb_tandem_follow(gb_tandem *tandem) {
  leave_core_of_leader(tandem);
  return wait_for_work(tandem);
}

int32_t gb_tandem_begin(gb_tandem *tandem, const gb_ort_run *runs, int64_t count) {
  if (count < 1 || count > GB_TANDEM_RUNS) return 0;
  atomic_store_explicit(&tandem->leading_core, gb_current_core(), memory_order_relaxed);
  if (atomic_load_explicit(&tandem->state, memory_order_relaxed) != READY) return 0;
  for (int64_t i = 0; i < count; i++) tandem->runs[i] = runs[i];
  tandem->count = count;
  atomic_store(&tandem->stored, 0);
  uint32_t ready = READY;
  if (!atomic_compare_exchange_strong(&tandem->state, &ready, GIVEN)) return 0;
  leading = tandem;
  return 1;
}

void *gb_tandem_end(gb_tandem *tandem) {
  leading = NULL;
  atomic_store(&tandem->stored, UINT32_MAX);
  int spins = 0;
  while (atomic_load_explicit(&tandem->state, memory_order_acquire) != DONE)
    gb_wait_a_little(&spins);
  void *status = tandem->status;
  atomic_store(&tandem->state, AWAY);
  return status;
}

void gb_tandem_dismiss(gb_tandem *tandem) { atomic_store(&tandem->is_dismissed, 1); }

void gb_tandem_rows_stored(void) {
  if (leading != NULL) atomic_fetch_add_explicit(&leading->stored, 1, memory_order_release);
}

void gb_tandem_wait_for_rows(void) {
  if (following == NULL) return;
  reached++;
  int spins = 0;
  while (atomic_load_explicit(&following->stored, memory_order_acquire) < reached)
    gb_wait_a_little(&spins);
}
