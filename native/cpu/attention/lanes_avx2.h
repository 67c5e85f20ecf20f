/* Sixteen floats at once: lanes_plain.h for AVX2 with FMA and F16C. */
#ifndef GB_LANES_AVX2_H
#define GB_LANES_AVX2_H

#include <immintrin.h>
#include <stdint.h>

#include "../source/unroll.h"

#define GB_LANES 16

typedef struct gb_lanes {
  __m256 low;
  __m256 high;
} gb_lanes;

GB_INLINE gb_lanes gb_lanes_of(float value) {
  const __m256 half = _mm256_set1_ps(value);
  return (gb_lanes){half, half};
}

GB_INLINE gb_lanes gb_load(const float *from) { return (gb_lanes){_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8)}; }

GB_INLINE void gb_store_lanes(float *to, gb_lanes value) {
  _mm256_storeu_ps(to, value.low);
  _mm256_storeu_ps(to + 8, value.high);
}

GB_INLINE __m256 gb_load_eight_halves(const uint16_t *from) {
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)from));
}

GB_INLINE gb_lanes gb_load_halves(const uint16_t *from) {
  return (gb_lanes){gb_load_eight_halves(from), gb_load_eight_halves(from + 8)};
}

GB_INLINE void gb_store_halves(uint16_t *to, gb_lanes value) {
  _mm_storeu_si128((__m128i *)(void *)to, _mm256_cvtps_ph(value.low, _MM_FROUND_TO_NEAREST_INT));
  _mm_storeu_si128((__m128i *)(void *)(to + 8), _mm256_cvtps_ph(value.high, _MM_FROUND_TO_NEAREST_INT));
}

GB_INLINE gb_lanes gb_multiply_add(gb_lanes a, gb_lanes b, gb_lanes c) {
  return (gb_lanes){_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}

#endif
