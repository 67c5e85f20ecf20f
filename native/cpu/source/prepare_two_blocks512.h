/*
 * gb_prepare_block for two blocks at once, in AVX-512. What is one number for a block (its largest magnitude, its sums) is most of
 * the work when each has vectors of its own: here both, or their four halves, share them. Every operation rounds as there,
 * and sums are the same tree.
 */
#ifndef GB_PREPARE_TWO_BLOCKS512_H
#define GB_PREPARE_TWO_BLOCKS512_H

#include "prepare_block.h"
#include "unroll.h"

#include <immintrin.h>

/** What a shuffle takes, in quarters: the lower or the upper halves of two vectors, neighbours swapped, neighbouring pairs swapped. */
#define LOWER_HALVES 0x44
#define UPPER_HALVES 0xEE
#define SWAPPED 0xB1
#define SWAPPED_PAIRS 0x4E

GB_INLINE void prepare_one_block(const float *x, const gb_prepared *inputs, int64_t token, int64_t block) {
  const int64_t at = gb_input_index(inputs->tokens, inputs->blocks, token, block);
  gb_prepare_block(x, inputs->parts + at * GB_PARTS_BYTES, inputs->scales + at, inputs->sums + at, inputs->codes + at * 2);
}

/** The largest lane of each, in all lanes of its half of the vector. */
GB_INLINE __m512i largest_of_two(__m512i first, __m512i second) {
  __m512i largest = _mm512_max_epu32(_mm512_shuffle_i64x2(first, second, LOWER_HALVES),
                                     _mm512_shuffle_i64x2(first, second, UPPER_HALVES));
  largest = _mm512_max_epu32(largest, _mm512_shuffle_i64x2(largest, largest, SWAPPED));
  largest = _mm512_max_epu32(largest, _mm512_shuffle_epi32(largest, SWAPPED_PAIRS));
  return _mm512_max_epu32(largest, _mm512_shuffle_epi32(largest, SWAPPED));
}

/** The first number of each half. */
GB_INLINE __m128 first_of_halves(__m512 halves) {
  return _mm_unpacklo_ps(_mm512_castps512_ps128(halves), _mm512_extractf32x4_ps(halves, 2));
}

/** Lanes 8 apart, then 4, 2 and 1. */
GB_INLINE __m128 sums_of_two(__m512 first, __m512 second) {
  __m512 sums = _mm512_add_ps(_mm512_shuffle_f32x4(first, second, LOWER_HALVES),
                              _mm512_shuffle_f32x4(first, second, UPPER_HALVES));
  sums = _mm512_add_ps(sums, _mm512_shuffle_f32x4(sums, sums, SWAPPED));
  sums = _mm512_add_ps(sums, _mm512_permute_ps(sums, SWAPPED_PAIRS));
  return first_of_halves(_mm512_add_ps(sums, _mm512_permute_ps(sums, SWAPPED)));
}

/** The sum of each of four vectors. */
GB_INLINE __m128i sums_of_four(const __m512i codes[4]) {
  __m512i pairs[2];
  GB_UNROLL for (int i = 0; i < 2; i++)
    pairs[i] = _mm512_add_epi32(_mm512_shuffle_i64x2(codes[2 * i], codes[2 * i + 1], LOWER_HALVES),
                                _mm512_shuffle_i64x2(codes[2 * i], codes[2 * i + 1], UPPER_HALVES));
  __m512i sums = _mm512_add_epi32(_mm512_shuffle_i64x2(pairs[0], pairs[1], 0x88),
                                  _mm512_shuffle_i64x2(pairs[0], pairs[1], 0xDD));
  sums = _mm512_add_epi32(sums, _mm512_shuffle_epi32(sums, SWAPPED_PAIRS));
  sums = _mm512_add_epi32(sums, _mm512_shuffle_epi32(sums, SWAPPED));
  const __m512i first = _mm512_setr_epi32(0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
  return _mm512_castsi512_si128(_mm512_permutexvar_epi32(first, sums));
}

/** Four vectors of small numbers as bytes, one behind the other. */
GB_INLINE __m512i bytes_of_four(const __m512i words[4]) {
  const __m512i mixed = _mm512_packs_epi16(_mm512_packs_epi32(words[0], words[1]), _mm512_packs_epi32(words[2], words[3]));
  return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), mixed);
}

GB_INLINE void store_halves(int8_t *first, int8_t *second, __m512i bytes) {
  _mm256_storeu_si256((__m256i *)(void *)first, _mm512_castsi512_si256(bytes));
  _mm256_storeu_si256((__m256i *)(void *)second, _mm512_extracti64x4_epi64(bytes, 1));
}

/** Blocks `block` and the next of a token, whose columns are at x. */
GB_INLINE void prepare_two_blocks(const float *x, const gb_prepared *inputs, int64_t token, int64_t block) {
  const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
  __m512 halves[4];
  __m512i magnitudes[4];
  GB_UNROLL for (int i = 0; i < 4; i++) {
    halves[i] = _mm512_loadu_ps(x + 16 * i);
    magnitudes[i] = _mm512_and_si512(_mm512_castps_si512(halves[i]), magnitude);
  }
  const __m512 largest = _mm512_castsi512_ps(largest_of_two(_mm512_max_epu32(magnitudes[0], magnitudes[1]),
                                                            _mm512_max_epu32(magnitudes[2], magnitudes[3])));
  const __mmask16 is_large = _mm512_cmp_ps_mask(largest, _mm512_set1_ps(GB_SMALLEST_INPUT), _CMP_GE_OQ);
  if (_mm512_mask_cmp_ps_mask(is_large, largest, _mm512_set1_ps(FLT_MAX), _CMP_LE_OQ) != 0xffff) {
    prepare_one_block(x, inputs, token, block);
    prepare_one_block(x + GB_BLOCK, inputs, token, block + 1);
    return;
  }
  const __m128 both = first_of_halves(largest), most = _mm_set1_ps(GB_LARGEST_CODE);
  const __m128 inverses = _mm_div_ps(most, both), scales = _mm_div_ps(both, most);
  const __m512 inverse[2] = {_mm512_broadcastss_ps(inverses), _mm512_broadcastss_ps(_mm_movehdup_ps(inverses))};
  const __m512i eight = _mm512_set1_epi32(8);
  __m512i codes[4], high[4], low[4];
  GB_UNROLL for (int i = 0; i < 4; i++) {
    codes[i] = _mm512_cvtps_epi32(_mm512_mul_ps(halves[i], inverse[i / 2]));
    high[i] = _mm512_srai_epi32(_mm512_add_epi32(codes[i], eight), 4);
    low[i] = _mm512_sub_epi32(codes[i], _mm512_slli_epi32(high[i], 4));
  }
  const int64_t first = gb_input_index(inputs->tokens, inputs->blocks, token, block);
  const int64_t second = gb_input_index(inputs->tokens, inputs->blocks, token, block + 1);
  int8_t *first_parts = inputs->parts + first * GB_PARTS_BYTES, *second_parts = inputs->parts + second * GB_PARTS_BYTES;
  store_halves(first_parts, second_parts, bytes_of_four(high));
  store_halves(first_parts + GB_BLOCK, second_parts + GB_BLOCK, bytes_of_four(low));
  const __m128 sums = sums_of_two(_mm512_add_ps(halves[0], halves[1]), _mm512_add_ps(halves[2], halves[3]));
  _mm_store_ss(inputs->scales + first, scales);
  _mm_store_ss(inputs->scales + second, _mm_movehdup_ps(scales));
  _mm_store_ss(inputs->sums + first, sums);
  _mm_store_ss(inputs->sums + second, _mm_movehdup_ps(sums));
  const __m128i code_sums = sums_of_four(codes);
  _mm_storel_epi64((__m128i *)(void *)(inputs->codes + first * 2), code_sums);
  _mm_storeh_pd((double *)(void *)(inputs->codes + second * 2), _mm_castsi128_pd(code_sums));
}

#endif
