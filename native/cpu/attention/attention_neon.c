#if defined(__aarch64__)
#include "lanes_neon.h"

#define GB_ATTENTION_KERNEL gb_attention_neon
#define GB_SUMS 4
#include "attention_loop.h"
#else
/* A file must declare something. */
typedef int gb_no_attention_neon;
#endif
