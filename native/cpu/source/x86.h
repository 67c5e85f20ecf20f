/* What an x86-64 processor has and the system saves when it changes threads. */
#ifndef GB_X86_H
#define GB_X86_H

#if defined(__x86_64__)

#include <cpuid.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct gb_x86 {
  bool avx2;
  bool avx_vnni;
  bool avx512_vnni;
  /** With GFNI. */
  bool amx_int8;
} gb_x86;

static inline bool gb_has_bits(uint32_t word, uint32_t bits) { return (word & bits) == bits; }

/** Bits: Intel's Software Developer's Manual, volume 2, CPUID, and volume 1, chapter 13 for XCR0. */
static inline gb_x86 gb_detect_x86(void) {
  gb_x86 out = {false, false, false, false};
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return out;
  const uint32_t fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28, f16c = 1u << 29;
  if (!gb_has_bits(c, fma | osxsave | avx | f16c)) return out;
  uint32_t saved, upper;
  __asm__ volatile("xgetbv" : "=a"(saved), "=d"(upper) : "c"(0));
  const uint32_t ymm = 0x6, zmm = 0xe6, tiles = 0x60000;
  if (!gb_has_bits(saved, ymm) || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return out;
  out.avx2 = gb_has_bits(b, 1u << 5);
  const uint32_t avx512f = 1u << 16, avx512dq = 1u << 17, avx512bw = 1u << 30, avx512vl = 1u << 31;
  out.avx512_vnni = out.avx2 && gb_has_bits(saved, zmm) &&
                    gb_has_bits(b, avx512f | avx512dq | avx512bw | avx512vl) && gb_has_bits(c, 1u << 11);
  const uint32_t amx_tile = 1u << 24, amx_int8 = 1u << 25;
  /* All of them have GFNI, but nothing promises it. */
  out.amx_int8 = out.avx512_vnni && gb_has_bits(saved, tiles) && gb_has_bits(d, amx_tile | amx_int8) &&
                 gb_has_bits(c, 1u << 8);
  if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) out.avx_vnni = out.avx2 && gb_has_bits(a, 1u << 4);
  return out;
}

#endif
#endif
