/* What operators see of gb_resident (glassbox_operators.h). */
#ifndef GLASSBOX_RESIDENT_H
#define GLASSBOX_RESIDENT_H

#include <stdint.h>

#include "../include/glassbox_operators.h"

/** The stack that a handle names, kept until gb_resident_release; null for a number that is none. */
gb_resident *gb_resident_retain(int64_t handle);

int64_t gb_resident_count(const gb_resident *resident);

/** The matrix at `index`, which must be less than the count. */
gb_matrix gb_resident_matrix(const gb_resident *resident, int64_t index);

#endif
