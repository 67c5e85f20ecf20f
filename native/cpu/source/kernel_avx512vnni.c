/*
 * AVX-512 with VNNI: up to four tokens and a panel at a time, sums in registers. For one token this reads weights as
 * fast as memory gives them.
 */
#include "kernel.h"

#if defined(__x86_64__)
#include "for_each_form.h"
#include "prepare_block.h"
#include "vectors512.h"
#include "x86.h"

static bool is_usable(void) { return gb_detect_x86().avx512_vnni; }

GB_INLINE void store_bytes(int8_t *to, __m512i words) {
  _mm_storeu_si128((__m128i *)(void *)to, _mm512_cvtepi32_epi8(words));
}

/** gb_prepare_block in vectors. Every operation rounds as there, and sums are the same tree. */
GB_INLINE void prepare_block(const float *x, int8_t *parts, float *scale, float *sum, int32_t codes[2]) {
  const __m512 first = _mm512_loadu_ps(x), second = _mm512_loadu_ps(x + 16);
  const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
  const uint32_t largest_bits = _mm512_reduce_max_epu32(
      _mm512_max_epu32(_mm512_and_si512(_mm512_castps_si512(first), magnitude),
                       _mm512_and_si512(_mm512_castps_si512(second), magnitude)));
  float largest;
  memcpy(&largest, &largest_bits, sizeof largest);
  if (!gb_is_ordinary(largest)) {
    gb_prepare_block(x, parts, scale, sum, codes);
    return;
  }
  const __m512 inverse = _mm512_set1_ps(GB_LARGEST_CODE / largest);
  const __m512i first_codes = _mm512_cvtps_epi32(_mm512_mul_ps(first, inverse));
  const __m512i second_codes = _mm512_cvtps_epi32(_mm512_mul_ps(second, inverse));
  const __m512i eight = _mm512_set1_epi32(8);
  const __m512i first_high = _mm512_srai_epi32(_mm512_add_epi32(first_codes, eight), 4);
  const __m512i second_high = _mm512_srai_epi32(_mm512_add_epi32(second_codes, eight), 4);
  store_bytes(parts, first_high);
  store_bytes(parts + 16, second_high);
  store_bytes(parts + GB_BLOCK, _mm512_sub_epi32(first_codes, _mm512_slli_epi32(first_high, 4)));
  store_bytes(parts + GB_BLOCK + 16, _mm512_sub_epi32(second_codes, _mm512_slli_epi32(second_high, 4)));
  codes[0] = _mm512_reduce_add_epi32(first_codes);
  codes[1] = _mm512_reduce_add_epi32(second_codes);
  *scale = largest / GB_LARGEST_CODE;
  const __m512 sixteen = _mm512_add_ps(first, second);
  const __m256 eight_sums = _mm256_add_ps(_mm512_castps512_ps256(sixteen), _mm512_extractf32x8_ps(sixteen, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight_sums), _mm256_extractf128_ps(eight_sums, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  *sum = _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static void prepare_token(const float *x, const gb_prepared *inputs, int64_t token) {
  for (int64_t block = 0; block < inputs->blocks; block++) {
    const int64_t at = gb_input_index(inputs->tokens, inputs->blocks, token, block);
    prepare_block(x + block * GB_BLOCK, inputs->parts + at * GB_PARTS_BYTES, inputs->scales + at, inputs->sums + at,
                  inputs->codes + at * 2);
  }
}

#define MAX_TOGETHER 4

/** How far ahead of its use memory is asked for: some microseconds at the speed of memory. */
#define AHEAD_BYTES 4096

/** Four codes of 16 rows times four inputs of a token, for all of `count` tokens. */
GB_INLINE void multiply_group(__m512i codes, const int8_t *parts, const int count, __m512i high[], __m512i low[]) {
  GB_UNROLL for (int t = 0; t < count; t++) {
    int32_t high_parts, low_parts;
    memcpy(&high_parts, parts + t * GB_PARTS_BYTES, 4);
    memcpy(&low_parts, parts + t * GB_PARTS_BYTES + GB_BLOCK, 4);
    high[t] = _mm512_dpbusd_epi32(high[t], codes, _mm512_set1_epi32(high_parts));
    low[t] = _mm512_dpbusd_epi32(low[t], codes, _mm512_set1_epi32(low_parts));
  }
}

/** `count` tokens of one group from `token` on, with one panel. */
GB_INLINE void multiply(const gb_job *job, int64_t panel_index, int64_t token, const int count, const int code_bits,
                        const gb_scales kind) {
  const gb_prepared *inputs = &job->inputs;
  const uint8_t *panel = gb_panel(job, panel_index);
  const uint8_t *scales = gb_panel_scales(job, panel);
  const int64_t first = token / GB_TOKEN_GROUP * GB_TOKEN_GROUP;
  const int64_t step = gb_group_tokens(inputs->tokens, first);
  const int64_t bytes_each = job->panel_bytes / inputs->blocks;
  const int32_t centre = job->form->centre;
  const int halves = kind == GB_FACTORS_OF_16 ? 2 : 1;
  const __m512i nibble = _mm512_set1_epi8(15);
  int64_t at = gb_input_index(inputs->tokens, inputs->blocks, token, 0);
  gb_scales512 s = gb_no_scales512();
  __m512 sums[MAX_TOGETHER];
  GB_UNROLL for (int t = 0; t < count; t++) sums[t] = _mm512_setzero_ps();
  for (int64_t block = 0; block < inputs->blocks; block++, at += step) {
    const uint8_t *codes = panel + block * code_bits * GB_GROUP_BYTES;
    const int8_t *parts = inputs->parts + at * GB_PARTS_BYTES;
    GB_UNROLL for (int64_t line = 0; line < code_bits * GB_GROUP_BYTES + 64; line += 64)
      _mm_prefetch((const char *)panel + block * bytes_each + AHEAD_BYTES + line, _MM_HINT_T0);
    __m512i high[2][MAX_TOGETHER], low[2][MAX_TOGETHER];
    GB_UNROLL for (int t = 0; t < count; t++) {
      const int32_t *sum = inputs->codes + (at + t) * 2;
      high[0][t] = high[1][t] = _mm512_setzero_si512();
      low[0][t] = _mm512_set1_epi32(-centre * (halves == 2 ? sum[0] : sum[0] + sum[1]));
      low[1][t] = _mm512_set1_epi32(-centre * sum[1]);
    }
    GB_UNROLL for (int group = 0; group < 4; group++) {
      __m512i first_codes = _mm512_loadu_si512(codes + group * GB_GROUP_BYTES), second_codes;
      if (code_bits == 4) {
        second_codes = _mm512_and_si512(_mm512_srli_epi16(first_codes, 4), nibble);
        first_codes = _mm512_and_si512(first_codes, nibble);
      } else {
        second_codes = _mm512_loadu_si512(codes + (group + 4) * GB_GROUP_BYTES);
      }
      multiply_group(first_codes, parts + group * 4, count, high[0], low[0]);
      multiply_group(second_codes, parts + 16 + group * 4, count, high[halves - 1], low[halves - 1]);
    }
    gb_next_scales512(&s, kind, scales, block);
    GB_UNROLL for (int t = 0; t < count; t++) {
      GB_UNROLL for (int half = 0; half < halves; half++)
        sums[t] = gb_accumulate512(gb_join_parts512(high[half][t], low[half][t]), s.scale[half],
                                   inputs->scales[at + t], sums[t]);
      if (gb_has_minima(kind)) sums[t] = _mm512_fmadd_ps(s.minimum, _mm512_set1_ps(inputs->sums[at + t]), sums[t]);
    }
  }
  GB_UNROLL for (int t = 0; t < count; t++) {
    float stored[GB_PANEL_ROWS];
    _mm512_storeu_ps(stored, sums[t]);
    gb_store(job, token + t, panel_index, stored);
  }
}

GB_INLINE void multiply_panels(const gb_job *job, const int code_bits, const gb_scales kind) {
  const int64_t tokens = job->inputs.tokens;
  for (int64_t panel = job->first_panel; panel < job->end_panel; panel++) {
    int64_t token = 0;
    /* Sixteen is a multiple of four: no four tokens are of two groups. */
    for (; token + 4 <= tokens; token += 4) multiply(job, panel, token, 4, code_bits, kind);
    if (token + 2 <= tokens) {
      multiply(job, panel, token, 2, code_bits, kind);
      token += 2;
    }
    if (token < tokens) multiply(job, panel, token, 1, code_bits, kind);
  }
}

static void product(const gb_job *job) {
  GB_MULTIPLY_AS_FORM(multiply_panels, job);
}

const gb_kernel gb_avx512vnni_kernel = {"avx512vnni", is_usable, prepare_token, product};
#endif
