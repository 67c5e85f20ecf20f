/* Compiled with its instruction set (scripts/native.mjs). */
#if defined(__x86_64__)
#include "lanes_avx2.h"

#define GB_ATTENTION_KERNEL gb_attention_avx2
#define GB_SUMS 4
#include "attention_loop.h"
#else
/* A file must declare something. */
typedef int gb_no_attention_avx2;
#endif
