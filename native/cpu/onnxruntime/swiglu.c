#include "swiglu.h"

#include <string.h>

#include "../include/glassbox_cpu.h"

gb_swiglu_function *gb_swiglu(void) {
#if defined(__x86_64__)
  const char *isa = gb_isa();
  if (strcmp(isa, "amx") == 0 || strcmp(isa, "avx512vnni") == 0) return gb_swiglu_avx512;
  if (strcmp(isa, "avx2") == 0 || strcmp(isa, "avxvnni") == 0) return gb_swiglu_avx2;
#endif
  return gb_swiglu_plain;
}
