/* Sixteen rows of a panel at once, for the AVX-512 and the AMX kernel. */
#ifndef GB_VECTORS512_H
#define GB_VECTORS512_H

#include "form.h"

#include <immintrin.h>

#define GB_INLINE static inline __attribute__((always_inline))

/** Before a loop over an array of vectors that shall be registers. */
#if defined(__clang__)
#define GB_UNROLL _Pragma("unroll")
#else
#define GB_UNROLL _Pragma("GCC unroll 16")
#endif

/** Scales of the panel's rows for the block at hand. */
typedef struct gb_scales512 {
  /** Two where the form has factors of 16 columns, else the first. */
  __m512 scale[2];
  __m512 minimum;
  __m512 super;
  __m512 super_minimum;
} gb_scales512;

GB_INLINE gb_scales512 gb_no_scales512(void) {
  const __m512 zero = _mm512_setzero_ps();
  return (gb_scales512){{zero, zero}, zero, zero, zero};
}

GB_INLINE __m512 gb_halves512(const uint8_t *bytes) {
  return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)bytes));
}

GB_INLINE __m512 gb_bytes512(const uint8_t *bytes, bool has_sign) {
  const __m128i sixteen = _mm_loadu_si128((const __m128i *)(const void *)bytes);
  return _mm512_cvtepi32_ps(has_sign ? _mm512_cvtepi8_epi32(sixteen) : _mm512_cvtepu8_epi32(sixteen));
}

/** Moves on to `block`; blocks come in order, so that what eight of them share is read once. */
GB_INLINE void gb_next_scales512(gb_scales512 *s, const gb_scales kind, const uint8_t *scales, int64_t block) {
  switch (kind) {
  case GB_HALF_SCALES:
    s->scale[0] = gb_halves512(scales + block * 32);
    break;
  case GB_HALF_SCALES_AND_MINIMA:
    s->scale[0] = gb_halves512(scales + block * 64);
    s->minimum = gb_halves512(scales + block * 64 + 32);
    break;
  case GB_FACTORS_AND_MINIMA: {
    const uint8_t *super = scales + block / GB_SUPER_BLOCKS * GB_MINIMA_SUPER_BYTES;
    const uint8_t *factors = super + 64 + block % GB_SUPER_BLOCKS * 32;
    if (block % GB_SUPER_BLOCKS == 0) {
      s->super = gb_halves512(super);
      s->super_minimum = _mm512_sub_ps(_mm512_set1_ps(-0.0f), gb_halves512(super + 32));
    }
    s->scale[0] = _mm512_mul_ps(s->super, gb_bytes512(factors, false));
    s->minimum = _mm512_mul_ps(s->super_minimum, gb_bytes512(factors + 16, false));
    break;
  }
  case GB_FACTORS_OF_16: {
    const uint8_t *super = scales + block / GB_SUPER_BLOCKS * GB_16_SUPER_BYTES;
    const uint8_t *factors = super + 32 + block % GB_SUPER_BLOCKS * 32;
    if (block % GB_SUPER_BLOCKS == 0) s->super = gb_halves512(super);
    s->scale[0] = _mm512_mul_ps(s->super, gb_bytes512(factors, true));
    s->scale[1] = _mm512_mul_ps(s->super, gb_bytes512(factors + 16, true));
    break;
  }
  }
}

/** sum + codes * (scale of the weights * scale of the inputs), rounded as in the scalar kernel. */
GB_INLINE __m512 gb_accumulate512(__m512i codes, __m512 scale, float input_scale, __m512 sum) {
  return _mm512_fmadd_ps(_mm512_cvtepi32_ps(codes), _mm512_mul_ps(scale, _mm512_set1_ps(input_scale)), sum);
}

GB_INLINE __m512i gb_join_parts512(__m512i high, __m512i low) {
  return _mm512_add_epi32(_mm512_slli_epi32(high, 4), low);
}

#endif
