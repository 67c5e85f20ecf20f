/* Compiled with its instruction set (scripts/native.mjs). */
#include "swiglu.h"

#if defined(__x86_64__)
#define GB_SWIGLU gb_swiglu_avx512
#include "swiglu_loop.h"
#else
/* A file must declare something. */
typedef int gb_no_swiglu_avx512;
#endif
