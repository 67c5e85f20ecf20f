#include "swiglu.h"

#define GB_SWIGLU gb_swiglu_plain
#include "swiglu_loop.h"
