#include "blocks.h"

#include <string.h>

#include "../include/glassbox_cpu.h"

const gb_block_loops *gb_blocks(void) {
#if defined(__x86_64__)
  const char *isa = gb_isa();
  if (strcmp(isa, "amx") == 0 || strcmp(isa, "avx512vnni") == 0) return &gb_avx512_blocks;
  if (strcmp(isa, "avx2") == 0 || strcmp(isa, "avxvnni") == 0) return &gb_avx2_blocks;
#endif
  return &gb_plain_blocks;
}
