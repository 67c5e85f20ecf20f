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

GB_INLINE dot_sums begin_sums(const int count, int32_t centre, const int32_t *code_sums) {
  dot_sums d;
  GB_UNROLL for (int t = 0; t < count; t++) {
    d.high[0][t] = d.high[1][t] = _mm256_setzero_si256();
    d.low[0][t] = d.low[1][t] = _mm256_set1_epi32(-centre * code_sums[t]);
  }
  return d;
}

/** Four codes of sixteen rows times four inputs of each token, unsigned by signed bytes, added to 32-bit sums. */
GB_INLINE void dot_group(__m256i first, __m256i second, const int8_t *parts, const int count, dot_sums *d) {
  GB_UNROLL for (int t = 0; t < count; t++) {
    const __m256i high = broadcast(parts + t * GB_PARTS_BYTES), low = broadcast(parts + t * GB_PARTS_BYTES + GB_BLOCK);
    d->high[0][t] = _mm256_dpbusd_avx_epi32(d->high[0][t], first, high);
    d->high[1][t] = _mm256_dpbusd_avx_epi32(d->high[1][t], second, high);
    d->low[0][t] = _mm256_dpbusd_avx_epi32(d->low[0][t], first, low);
    d->low[1][t] = _mm256_dpbusd_avx_epi32(d->low[1][t], second, low);
  }
}

GB_INLINE void join(const dot_sums *d, const int count, __m256i out[2][MAX_TOGETHER]) {
  GB_UNROLL for (int eight = 0; eight < 2; eight++)
    GB_UNROLL for (int t = 0; t < count; t++)
      out[eight][t] = _mm256_add_epi32(_mm256_slli_epi32(d->high[eight][t], 4), d->low[eight][t]);
}

GB_INLINE void dot_nibbles(const uint8_t *codes, const int8_t *parts, const int count, int32_t centre,
                           const int32_t *code_sums, __m256i out[2][MAX_TOGETHER]) {
  const __m256i nibble = _mm256_set1_epi8(15);
  dot_sums d = begin_sums(count, centre, code_sums);
  GB_UNROLL for (int group = 0; group < 4; group++) {
    const __m256i first = load_codes(codes + group * GB_GROUP_BYTES);
    const __m256i second = load_codes(codes + group * GB_GROUP_BYTES + 32);
    dot_group(_mm256_and_si256(first, nibble), _mm256_and_si256(second, nibble), parts + group * 4, count, &d);
    dot_group(_mm256_and_si256(_mm256_srli_epi16(first, 4), nibble),
              _mm256_and_si256(_mm256_srli_epi16(second, 4), nibble), parts + 16 + group * 4, count, &d);
  }
  join(&d, count, out);
}

GB_INLINE void dot_bytes(const uint8_t *codes, const int8_t *parts, const int groups, const int count, int32_t centre,
                         const int32_t *code_sums, __m256i out[2][MAX_TOGETHER]) {
  dot_sums d = begin_sums(count, centre, code_sums);
  GB_UNROLL for (int group = 0; group < groups; group++)
    dot_group(load_codes(codes + group * GB_GROUP_BYTES), load_codes(codes + group * GB_GROUP_BYTES + 32),
              parts + group * 4, count, &d);
  join(&d, count, out);
}

#include "multiply256.h"

static void product(const gb_job *job) { GB_MULTIPLY_AS_FORM(multiply_panels, job); }

const gb_kernel gb_avxvnni_kernel = {"avxvnni", is_usable, prepare_token, product};
#endif
