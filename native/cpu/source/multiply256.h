/*
 * One or two tokens and a panel at a time, for processors with 256-bit vectors: eight rows to a vector, two vectors to an
 * input, which is then loaded half as often. Who includes it says how bytes are multiplied:
 *
 *   dot_nibbles(codes, parts, count, centre, code_sums, out)          the eight groups of a block
 *   dot_bytes(codes, parts, groups, count, centre, code_sums, out)    `groups` groups: 4 or 8
 *
 * Both give [rows 0 to 7, 8 to 15][token] the sums of (code - centre) * (16 * high + low). The parts of the `count` tokens
 * are GB_PARTS_BYTES apart; code_sums are the sums of the tokens' integers.
 */
#ifndef GB_MULTIPLY256_H
#define GB_MULTIPLY256_H

#include "for_each_form.h"
#include "vectors256.h"

/** As in kernel_avx512vnni.c. */
#define AHEAD_BYTES 4096

GB_INLINE __m256 accumulate(__m256i codes, __m256 scale, float input_scale, __m256 sum) {
  return _mm256_fmadd_ps(_mm256_cvtepi32_ps(codes), _mm256_mul_ps(scale, _mm256_set1_ps(input_scale)), sum);
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
  int64_t at = gb_input_index(inputs->tokens, inputs->blocks, token, 0);
  __m256 sums[2][MAX_TOGETHER];
  GB_UNROLL for (int t = 0; t < count; t++) sums[0][t] = sums[1][t] = _mm256_setzero_ps();
  for (int64_t block = 0; block < inputs->blocks; block++, at += step) {
    const uint8_t *codes = panel + block * code_bits * GB_GROUP_BYTES;
    const int8_t *parts = inputs->parts + at * GB_PARTS_BYTES;
    GB_UNROLL for (int64_t line = 0; line < code_bits * GB_GROUP_BYTES + 64; line += 64)
      _mm_prefetch((const char *)panel + block * bytes_each + AHEAD_BYTES + line, _MM_HINT_T0);
    int32_t code_sums[2][MAX_TOGETHER];
    GB_UNROLL for (int t = 0; t < count; t++) {
      const int32_t *of_token = inputs->codes + (at + t) * 2;
      code_sums[0][t] = halves == 2 ? of_token[0] : of_token[0] + of_token[1];
      code_sums[1][t] = of_token[1];
    }
    scales256 s[2];
    GB_UNROLL for (int half = 0; half < halves; half++) {
      __m256i dots[2][MAX_TOGETHER];
      if (code_bits == 4) dot_nibbles(codes, parts, count, centre, code_sums[0], dots);
      else
        dot_bytes(codes + half * 4 * GB_GROUP_BYTES, parts + half * 16, GB_GROUPS / halves, count, centre,
                  code_sums[half], dots);
      GB_UNROLL for (int eight = 0; eight < 2; eight++) {
        if (half == 0) s[eight] = read_scales(kind, scales, block, eight * 8);
        GB_UNROLL for (int t = 0; t < count; t++)
          sums[eight][t] = accumulate(dots[eight][t], s[eight].scale[half], inputs->scales[at + t], sums[eight][t]);
      }
    }
    if (gb_has_minima(kind))
      GB_UNROLL for (int eight = 0; eight < 2; eight++)
        GB_UNROLL for (int t = 0; t < count; t++)
          sums[eight][t] = _mm256_fmadd_ps(s[eight].minimum, _mm256_set1_ps(inputs->sums[at + t]), sums[eight][t]);
  }
  GB_UNROLL for (int t = 0; t < count; t++) {
    float stored[GB_PANEL_ROWS];
    _mm256_storeu_ps(stored, sums[0][t]);
    _mm256_storeu_ps(stored + 8, sums[1][t]);
    gb_store(job, token + t, panel_index, stored);
  }
}

GB_INLINE void multiply_panels(const gb_job *job, const int code_bits, const gb_scales kind) {
  const int64_t tokens = job->inputs.tokens;
  for (int64_t panel = job->first_panel; panel < job->end_panel; panel++) {
    int64_t token = 0;
    for (; token + 2 <= tokens; token += 2) multiply(job, panel, token, 2, code_bits, kind);
    if (token < tokens) multiply(job, panel, token, 1, code_bits, kind);
  }
}

#endif
