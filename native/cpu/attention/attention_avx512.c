/* Compiled with its instruction set (scripts/native.mjs). */
#if defined(__x86_64__)
#include "lanes_avx512.h"

#define GB_ATTENTION_KERNEL gb_attention_avx512
#define GB_SUMS 24
#include "attention_loop.h"
#else
/* A file must declare something. */
typedef int gb_no_attention_avx512;
#endif
