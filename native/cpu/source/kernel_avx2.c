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

GB_INLINE __m256i dot_nibbles(const uint8_t *codes, const int8_t *parts, int32_t centre, int32_t code_sum) {
  const __m256i nibble = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
  __m256i high = _mm256_setzero_si256(), low = _mm256_setzero_si256();
  for (int group = 0; group < 4; group++) {
    const __m256i both = _mm256_loadu_si256((const __m256i *)(const void *)(codes + group * GB_GROUP_BYTES));
    const __m256i first = _mm256_and_si256(both, nibble);
    const __m256i second = _mm256_and_si256(_mm256_srli_epi16(both, 4), nibble);
    high = _mm256_add_epi16(high, _mm256_maddubs_epi16(first, broadcast(parts + group * 4)));
    low = _mm256_add_epi16(low, _mm256_maddubs_epi16(first, broadcast(parts + GB_BLOCK + group * 4)));
    high = _mm256_add_epi16(high, _mm256_maddubs_epi16(second, broadcast(parts + 16 + group * 4)));
    low = _mm256_add_epi16(low, _mm256_maddubs_epi16(second, broadcast(parts + GB_BLOCK + 16 + group * 4)));
  }
  const __m256i high_sums = _mm256_madd_epi16(high, ones), low_sums = _mm256_madd_epi16(low, ones);
  const __m256i sums = _mm256_add_epi32(_mm256_slli_epi32(high_sums, 4), low_sums);
  return _mm256_sub_epi32(sums, _mm256_set1_epi32(centre * code_sum));
}

GB_INLINE __m256i dot_bytes(const uint8_t *codes, const int8_t *parts, int32_t centre, int32_t code_sum) {
  /* The centre is taken off the codes themselves. */
  (void)code_sum;
  const __m256i middle = _mm256_set1_epi8((char)centre);
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i high = _mm256_setzero_si256(), low = _mm256_setzero_si256();
  for (int group = 0; group < 4; group++) {
    const __m256i code = _mm256_sub_epi8(
        _mm256_loadu_si256((const __m256i *)(const void *)(codes + group * GB_GROUP_BYTES)), middle);
    const __m256i magnitude = _mm256_abs_epi8(code);
    const __m256i high_parts = _mm256_sign_epi8(broadcast(parts + group * 4), code);
    const __m256i low_parts = _mm256_sign_epi8(broadcast(parts + GB_BLOCK + group * 4), code);
    high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_maddubs_epi16(magnitude, high_parts), ones));
    low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_maddubs_epi16(magnitude, low_parts), ones));
  }
  return _mm256_add_epi32(_mm256_slli_epi32(high, 4), low);
}

#include "multiply256.h"

static void product(const gb_job *job) { GB_MULTIPLY_AS_FORM(multiply_panels, job); }

const gb_kernel gb_avx2_kernel = {"avx2", is_usable, prepare_token, product};
#endif
