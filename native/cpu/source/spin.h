/* Waiting for another thread, for about as long as it computes some thousands of numbers. */
#ifndef GB_SPIN_H
#define GB_SPIN_H

#if defined(_WIN32)
#include <windows.h>
#else
#include <sched.h>
#endif

/** Looks in vain before a thread lets others have its core. A run of tasks takes about as long as some thousands of them. */
enum { GB_SPINS = 2000 };

/** Another look in vain. Returns whether that is often enough, and begins to count anew. */
static inline int gb_spin(int *spins) {
  if (++*spins >= GB_SPINS) {
    *spins = 0;
    return 1;
  }
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
  return 0;
}

/** Others may have the core. */
static inline void gb_yield(void) {
#if defined(_WIN32)
  SwitchToThread();
#else
  sched_yield();
#endif
}

/** Between two looks of a thread that waits. */
static inline void gb_wait_a_little(int *spins) {
  if (gb_spin(spins)) gb_yield();
}

#endif
