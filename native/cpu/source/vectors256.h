/* Eight rows of a panel at once, for kernels with 256-bit vectors. */
#ifndef GB_VECTORS256_H
#define GB_VECTORS256_H

#include "form.h"
#include "unroll.h"

#include <immintrin.h>
#include <string.h>

/** Tokens that are multiplied together. */
#define MAX_TOGETHER 2

/** Of a block, [rows 0 to 7, 8 to 15][token]: sums of codes times the inputs' parts. */
typedef struct dot_sums {
  __m256i high[2][MAX_TOGETHER];
  __m256i low[2][MAX_TOGETHER];
} dot_sums;

typedef struct scales256 {
  __m256 scale[2];
  __m256 minimum;
} scales256;

GB_INLINE __m256 halves(const uint8_t *bytes) {
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)bytes));
}

GB_INLINE __m256 factors(const uint8_t *bytes, bool has_sign) {
  const __m128i eight = _mm_loadl_epi64((const __m128i *)(const void *)bytes);
  return _mm256_cvtepi32_ps(has_sign ? _mm256_cvtepi8_epi32(eight) : _mm256_cvtepu8_epi32(eight));
}

/** Of rows `first` (0 or 8) to first + 7. */
GB_INLINE scales256 read_scales(const gb_scales kind, const uint8_t *scales, int64_t block, const int first) {
  scales256 s = {{_mm256_setzero_ps(), _mm256_setzero_ps()}, _mm256_setzero_ps()};
  switch (kind) {
  case GB_HALF_SCALES:
    s.scale[0] = halves(scales + block * 32 + first * 2);
    break;
  case GB_HALF_SCALES_AND_MINIMA:
    s.scale[0] = halves(scales + block * 64 + first * 2);
    s.minimum = halves(scales + block * 64 + 32 + first * 2);
    break;
  case GB_FACTORS_AND_MINIMA: {
    const uint8_t *super = scales + block / GB_SUPER_BLOCKS * GB_MINIMA_SUPER_BYTES;
    const uint8_t *bytes = super + 64 + block % GB_SUPER_BLOCKS * 32 + first;
    s.scale[0] = _mm256_mul_ps(halves(super + first * 2), factors(bytes, false));
    s.minimum = _mm256_xor_ps(_mm256_set1_ps(-0.0f),
                              _mm256_mul_ps(halves(super + 32 + first * 2), factors(bytes + 16, false)));
    break;
  }
  case GB_FACTORS_OF_16: {
    const uint8_t *super = scales + block / GB_SUPER_BLOCKS * GB_16_SUPER_BYTES;
    const uint8_t *bytes = super + 32 + block % GB_SUPER_BLOCKS * 32 + first;
    const __m256 scale = halves(super + first * 2);
    s.scale[0] = _mm256_mul_ps(scale, factors(bytes, true));
    s.scale[1] = _mm256_mul_ps(scale, factors(bytes + 16, true));
    break;
  }
  }
  return s;
}

GB_INLINE __m256i broadcast(const int8_t *four) {
  int32_t word;
  memcpy(&word, four, sizeof word);
  return _mm256_set1_epi32(word);
}

GB_INLINE __m256i load_codes(const uint8_t *codes) {
  return _mm256_loadu_si256((const __m256i *)(const void *)codes);
}

#endif
