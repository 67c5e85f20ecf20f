/* AVX2 with VNNI in 256 bits: what Intel's processors for desktops and laptops have since 2021 in place of AVX-512. */
#include "kernel.h"

#if defined(__x86_64__)
#include "prepare_block.h"
#include "vectors256.h"
#include "x86.h"

static bool is_usable(void) { return gb_detect_x86().avx_vnni; }

static void prepare_token(const float *x, const gb_prepared *inputs, int64_t token) {
  gb_prepare_token(x, inputs, token);
}

/** Four codes of eight rows times four inputs, unsigned by signed bytes, added to 32-bit sums. */
GB_INLINE void dot_group(__m256i codes, const int8_t *parts, __m256i *high, __m256i *low) {
  *high = _mm256_dpbusd_avx_epi32(*high, codes, broadcast(parts));
  *low = _mm256_dpbusd_avx_epi32(*low, codes, broadcast(parts + GB_BLOCK));
}

GB_INLINE __m256i load_codes(const uint8_t *codes) {
  return _mm256_loadu_si256((const __m256i *)(const void *)codes);
}

GB_INLINE __m256i join(__m256i high, __m256i low) { return _mm256_add_epi32(_mm256_slli_epi32(high, 4), low); }

GB_INLINE __m256i dot_nibbles(const uint8_t *codes, const int8_t *parts, int32_t centre, int32_t code_sum) {
  const __m256i nibble = _mm256_set1_epi8(15);
  __m256i high = _mm256_setzero_si256(), low = _mm256_set1_epi32(-centre * code_sum);
  for (int group = 0; group < 4; group++) {
    const __m256i both = load_codes(codes + group * GB_GROUP_BYTES);
    dot_group(_mm256_and_si256(both, nibble), parts + group * 4, &high, &low);
    dot_group(_mm256_and_si256(_mm256_srli_epi16(both, 4), nibble), parts + 16 + group * 4, &high, &low);
  }
  return join(high, low);
}

GB_INLINE __m256i dot_bytes(const uint8_t *codes, const int8_t *parts, int32_t centre, int32_t code_sum) {
  __m256i high = _mm256_setzero_si256(), low = _mm256_set1_epi32(-centre * code_sum);
  for (int group = 0; group < 4; group++)
    dot_group(load_codes(codes + group * GB_GROUP_BYTES), parts + group * 4, &high, &low);
  return join(high, low);
}

#include "multiply256.h"

static void product(const gb_job *job) { GB_MULTIPLY_AS_FORM(multiply_panels, job); }

const gb_kernel gb_avxvnni_kernel = {"avxvnni", is_usable, prepare_token, product};
#endif
