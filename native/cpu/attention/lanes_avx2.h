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

GB_INLINE gb_lanes gb_add_lanes(gb_lanes a, gb_lanes b) {
  return (gb_lanes){_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}

GB_INLINE gb_lanes gb_larger_lanes(gb_lanes a, gb_lanes b) {
  return (gb_lanes){_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}

GB_INLINE gb_lanes gb_first_lanes(gb_lanes value, int64_t count, gb_lanes rest) {
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), end = _mm256_set1_epi32((int)count);
  const __m256i low = _mm256_cmpgt_epi32(end, lanes), high = _mm256_cmpgt_epi32(end, _mm256_add_epi32(lanes, _mm256_set1_epi32(8)));
  return (gb_lanes){_mm256_blendv_ps(rest.low, value.low, _mm256_castsi256_ps(low)),
                    _mm256_blendv_ps(rest.high, value.high, _mm256_castsi256_ps(high))};
}

GB_INLINE float gb_sum_of_lanes(gb_lanes value) {
  const __m256 eight = _mm256_add_ps(value.low, value.high);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

GB_INLINE float gb_largest_lane(gb_lanes value) {
  const __m256 eight = _mm256_max_ps(value.high, value.low);
  const __m128 four = _mm_max_ps(_mm256_extractf128_ps(eight, 1), _mm256_castps256_ps128(eight));
  const __m128 two = _mm_max_ps(_mm_movehl_ps(four, four), four);
  return _mm_cvtss_f32(_mm_max_ss(_mm_movehdup_ps(two), two));
}

#endif
