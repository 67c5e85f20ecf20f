/* Compiled with its instruction set (scripts/native.mjs). */
#include "norm.h"

#if defined(__x86_64__)
#define GB_NORM gb_norm_avx512
#include "norm_loop.h"
#else
/* A file must declare something. */
typedef int gb_no_norm_avx512;
#endif
