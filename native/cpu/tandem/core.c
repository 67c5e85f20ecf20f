#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "core.h"

#if defined(__linux__)
#include <sched.h>

int32_t gb_current_core(void) { return sched_getcpu(); }

void gb_leave_core(int32_t core) {
  cpu_set_t allowed, others;
  if (core < 0 || core >= CPU_SETSIZE || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  others = allowed;
  CPU_CLR(core, &others);
  if (CPU_COUNT(&others) == 0 || sched_setaffinity(0, sizeof others, &others) != 0) return;
  /* It has been moved; where it goes from there is the system's affair again. */
  sched_setaffinity(0, sizeof allowed, &allowed);
}
#else
int32_t gb_current_core(void) { return -1; }

void gb_leave_core(int32_t core) { (void)core; }
#endif
