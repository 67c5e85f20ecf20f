/*
 * A pass of a model over few tokens, divided between two threads: one computes the first rows, the other those behind them, each
 * through all layers. The second needs of the first only what that has put into the cache, so it follows one layer's attention
 * behind. Each row is computed as it would be by itself: the bits do not depend on who computes it.
 *
 * Threads are the caller's. The one that follows spins while it waits, and says so: it is given work only while it is at its core.
 */
#ifndef GLASSBOX_TANDEM_H
#define GLASSBOX_TANDEM_H

#include "glassbox_cpu.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What the two threads share. */
typedef struct gb_tandem gb_tandem;

/** A call of OrtApi's `Run`: addresses and counts as it takes them, 64 bits each. */
typedef struct gb_ort_run {
  uint64_t session;
  uint64_t options;
  uint64_t input_names;
  uint64_t inputs;
  uint64_t input_count;
  uint64_t output_names;
  uint64_t output_count;
  uint64_t outputs;
} gb_ort_run;

/** As many runs as a pass may have. */
#define GB_TANDEM_RUNS 4

/** `run`: OrtApi's. Null without memory. */
GB_EXPORT gb_tandem *gb_tandem_create(uint64_t run);
/** When nobody follows any more. */
GB_EXPORT void gb_tandem_free(gb_tandem *tandem);

/** Work will come soon: another thread is about to follow this one. */
GB_EXPORT void gb_tandem_call(gb_tandem *tandem);
/**
 * Follows until nothing was to be done for some milliseconds, or until somebody else computes on this thread's core: then it returns 1, else
 * 0. One thread at a time.
 */
GB_EXPORT int32_t gb_tandem_follow(gb_tandem *tandem);

/**
 * Hands `runs` (at most GB_TANDEM_RUNS, one after another) to the thread that follows. Returns 0 where none is at its core: nothing was
 * begun. Else this thread leads until `gb_tandem_end`: it runs the rows before those, as many layers with a cache as they have.
 */
GB_EXPORT int32_t gb_tandem_begin(gb_tandem *tandem, const gb_ort_run *runs, int64_t count);
/** Waits for the thread that follows. Returns the `OrtStatus *` of its first run that failed, else null. */
GB_EXPORT void *gb_tandem_end(gb_tandem *tandem);

/** Whoever follows leaves as soon as it has no work: others have better use for its core. */
GB_EXPORT void gb_tandem_dismiss(gb_tandem *tandem);

#ifdef __cplusplus
}
#endif

#endif
