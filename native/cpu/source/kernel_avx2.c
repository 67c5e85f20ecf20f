/*
 * AVX2, FMA and F16C. vpmaddubsw multiplies unsigned by signed bytes and adds pairs into 16 bits, which must not overflow:
 *
 *   nibbles  at most 15 * 127 * 2 a group, times 8 groups: 30,480. A block's sums stay in 16 bits.
 *   bytes    the magnitude of code - centre, at most 128, with the sign given to the input: 128 * 127 * 2 = 32,512.
 *            Pairs are widened group by group.
 */
#include "kernel.h"

#if defined(__x86_64__)
#include "prepare_block.h"
#include "vectors256.h"
#include "x86.h"

static bool is_usable(void) { return gb_detect_x86().avx2; }

static void prepare_token(const float *x, const gb_prepared *inputs, int64_t token) {
  gb_prepare_token(x, inputs, token);
}

GB_INLINE dot_sums no_sums(void) {
  const __m256i zero = _mm256_setzero_si256();
  return (dot_sums){{{zero, zero}, {zero, zero}}, {{zero, zero}, {zero, zero}}};
}

/** Four codes of sixteen rows times four inputs of each token, added to 16-bit sums of pairs. */
GB_INLINE void dot_group_of_nibbles(__m256i first, __m256i second, const int8_t *parts, const int count, dot_sums *d) {
  GB_UNROLL for (int t = 0; t < count; t++) {
    const __m256i high = broadcast(parts + t * GB_PARTS_BYTES), low = broadcast(parts + t * GB_PARTS_BYTES + GB_BLOCK);
    d->high[0][t] = _mm256_add_epi16(d->high[0][t], _mm256_maddubs_epi16(first, high));
    d->high[1][t] = _mm256_add_epi16(d->high[1][t], _mm256_maddubs_epi16(second, high));
    d->low[0][t] = _mm256_add_epi16(d->low[0][t], _mm256_maddubs_epi16(first, low));
    d->low[1][t] = _mm256_add_epi16(d->low[1][t], _mm256_maddubs_epi16(second, low));
  }
}

GB_INLINE void dot_nibbles(const uint8_t *codes, const int8_t *parts, const int count, int32_t centre,
                           const int32_t *code_sums, __m256i out[2][MAX_TOGETHER]) {
  const __m256i nibble = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
  dot_sums d = no_sums();
  GB_UNROLL for (int group = 0; group < 4; group++) {
    const __m256i first = load_codes(codes + group * GB_GROUP_BYTES);
    const __m256i second = load_codes(codes + group * GB_GROUP_BYTES + 32);
    dot_group_of_nibbles(_mm256_and_si256(first, nibble), _mm256_and_si256(second, nibble), parts + group * 4, count,
                         &d);
    dot_group_of_nibbles(_mm256_and_si256(_mm256_srli_epi16(first, 4), nibble),
                         _mm256_and_si256(_mm256_srli_epi16(second, 4), nibble), parts + 16 + group * 4, count, &d);
  }
  GB_UNROLL for (int t = 0; t < count; t++) {
    const __m256i middle = _mm256_set1_epi32(centre * code_sums[t]);
    GB_UNROLL for (int eight = 0; eight < 2; eight++) {
      const __m256i high = _mm256_madd_epi16(d.high[eight][t], ones), low = _mm256_madd_epi16(d.low[eight][t], ones);
      out[eight][t] = _mm256_sub_epi32(_mm256_add_epi32(_mm256_slli_epi32(high, 4), low), middle);
    }
  }
}

/** Adds codes times inputs of one vector; `magnitude` is the code's. */
GB_INLINE __m256i dot_signed(__m256i sums, __m256i magnitude, __m256i code, __m256i parts) {
  const __m256i pairs = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(parts, code));
  return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

GB_INLINE void dot_bytes(const uint8_t *codes, const int8_t *parts, const int groups, const int count, int32_t centre,
                         const int32_t *code_sums, __m256i out[2][MAX_TOGETHER]) {
  /* The centre is taken off the codes themselves. */
  (void)code_sums;
  const __m256i middle = _mm256_set1_epi8((char)centre);
  dot_sums d = no_sums();
  GB_UNROLL for (int group = 0; group < groups; group++) {
    GB_UNROLL for (int eight = 0; eight < 2; eight++) {
      const __m256i code = _mm256_sub_epi8(load_codes(codes + group * GB_GROUP_BYTES + eight * 32), middle);
      const __m256i magnitude = _mm256_abs_epi8(code);
      GB_UNROLL for (int t = 0; t < count; t++) {
        const int8_t *of_token = parts + t * GB_PARTS_BYTES + group * 4;
        d.high[eight][t] = dot_signed(d.high[eight][t], magnitude, code, broadcast(of_token));
        d.low[eight][t] = dot_signed(d.low[eight][t], magnitude, code, broadcast(of_token + GB_BLOCK));
      }
    }
  }
  GB_UNROLL for (int eight = 0; eight < 2; eight++)
    GB_UNROLL for (int t = 0; t < count; t++)
      out[eight][t] = _mm256_add_epi32(_mm256_slli_epi32(d.high[eight][t], 4), d.low[eight][t]);
}

#include "multiply256.h"

static void product(const gb_job *job) { GB_MULTIPLY_AS_FORM(multiply_panels, job); }

const gb_kernel gb_avx2_kernel = {"avx2", is_usable, prepare_token, product};
#endif
