#include "attention_kernel.h"

#include <string.h>

#include "../include/glassbox_cpu.h"

const gb_attention_kernel *gb_current_attention(void) {
#if defined(__x86_64__)
  const char *isa = gb_isa();
  if (strcmp(isa, "amx") == 0 || strcmp(isa, "avx512vnni") == 0) return &gb_attention_avx512;
  if (strcmp(isa, "avx2") == 0 || strcmp(isa, "avxvnni") == 0) return &gb_attention_avx2;
#elif defined(__aarch64__)
  if (strcmp(gb_isa(), "neon") == 0) return &gb_attention_neon;
#endif
  return &gb_attention_plain;
}
