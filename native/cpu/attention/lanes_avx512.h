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

#endif
