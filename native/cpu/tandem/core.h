/* Which core a thread is on, where the system tells. */
#ifndef GB_CORE_H
#define GB_CORE_H

#include <stdint.h>

/** That of this thread; -1 where nobody knows. */
int32_t gb_current_core(void);
/** Moves this thread to another core than `core`, where it may be on one; it may come back later. */
void gb_leave_core(int32_t core);

#endif
