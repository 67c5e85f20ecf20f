/* Compiled with its instruction set (scripts/native.mjs). */
#include "blocks.h"

#if defined(__x86_64__)
#define GB_LOOPS gb_avx512_blocks
#include "blocks_loop.h"
#else
/* A file must declare something. */
typedef int gb_no_avx512_blocks;
#endif
