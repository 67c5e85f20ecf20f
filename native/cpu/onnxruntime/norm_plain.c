#include "norm.h"

#define GB_NORM gb_norm_plain
#include "norm_loop.h"
