#include "blocks.h"

#define GB_LOOPS gb_plain_blocks
#include "blocks_loop.h"
