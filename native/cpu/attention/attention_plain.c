#include "lanes_plain.h"

#define GB_ATTENTION_KERNEL gb_attention_plain
#define GB_SUMS 4
#include "attention_loop.h"
