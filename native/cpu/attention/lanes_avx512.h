/* Sixteen floats at once: lanes_plain.h for AVX-512. */
#ifndef GB_LANES_AVX512_H
#define GB_LANES_AVX512_H

#include <immintrin.h>
#include <stdint.h>

#include "../source/unroll.h"

#define GB_LANES 16

typedef __m512 gb_lanes;

GB_INLINE gb_lanes gb_lanes_of(float value) { return _mm512_set1_ps(value); }

GB_INLINE gb_lanes gb_load(const float *from) { return _mm512_loadu_ps(from); }

GB_INLINE void gb_store_lanes(float *to, gb_lanes value) { _mm512_storeu_ps(to, value); }

GB_INLINE gb_lanes gb_load_halves(const uint16_t *from) {
  return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)from));
}

GB_INLINE void gb_store_halves(uint16_t *to, gb_lanes value) {
  _mm256_storeu_si256((__m256i *)(void *)to, _mm512_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT));
}

GB_INLINE gb_lanes gb_multiply_add(gb_lanes a, gb_lanes b, gb_lanes c) { return _mm512_fmadd_ps(a, b, c); }

GB_INLINE gb_lanes gb_add_lanes(gb_lanes a, gb_lanes b) { return _mm512_add_ps(a, b); }

GB_INLINE gb_lanes gb_larger_lanes(gb_lanes a, gb_lanes b) { return _mm512_max_ps(a, b); }

GB_INLINE gb_lanes gb_first_lanes(gb_lanes value, int64_t count, gb_lanes rest) {
  return _mm512_mask_mov_ps(rest, (__mmask16)((1u << count) - 1), value);
}

GB_INLINE float gb_sum_of_lanes(gb_lanes value) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(value), _mm512_extractf32x8_ps(value, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

GB_INLINE float gb_largest_lane(gb_lanes value) {
  const __m256 eight = _mm256_max_ps(_mm512_extractf32x8_ps(value, 1), _mm512_castps512_ps256(value));
  const __m128 four = _mm_max_ps(_mm256_extractf128_ps(eight, 1), _mm256_castps256_ps128(eight));
  const __m128 two = _mm_max_ps(_mm_movehl_ps(four, four), four);
  return _mm_cvtss_f32(_mm_max_ss(_mm_movehdup_ps(two), two));
}

#endif
