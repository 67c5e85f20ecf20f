/*
 * One or two tokens and a panel at a time, eight rows to a vector, for processors with 256-bit vectors. Who includes it
 * says how bytes are multiplied:
 *
 *   dot_nibbles(codes, parts, centre, code_sum)   eight rows, the eight groups of a block
 *   dot_bytes(codes, parts, centre, code_sum)     eight rows, four groups
 *
 * Both give the sums of (code - centre) * (16 * high + low); code_sum is the sum of the inputs' integers.
 */
#ifndef GB_MULTIPLY256_H
#define GB_MULTIPLY256_H

#include "for_each_form.h"
#include "vectors256.h"

#define MAX_TOGETHER 2
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
  int64_t at = gb_input_index(inputs->tokens, inputs->blocks, token, 0);
  __m256 sums[MAX_TOGETHER][2];
  for (int t = 0; t < count; t++) sums[t][0] = sums[t][1] = _mm256_setzero_ps();
  for (int64_t block = 0; block < inputs->blocks; block++, at += step) {
    const uint8_t *codes = panel + block * code_bits * GB_GROUP_BYTES;
    for (int64_t line = 0; line < code_bits * GB_GROUP_BYTES + 64; line += 64)
      _mm_prefetch((const char *)panel + block * bytes_each + AHEAD_BYTES + line, _MM_HINT_T0);
    for (int half = 0; half < 2; half++) {
      const scales256 s = read_scales(kind, scales, block, half * 8);
      const uint8_t *rows = codes + half * 32;
      for (int t = 0; t < count; t++) {
        const int8_t *parts = inputs->parts + (at + t) * GB_PARTS_BYTES;
        const float input_scale = inputs->scales[at + t];
        const int32_t *code_sums = inputs->codes + (at + t) * 2;
        __m256 sum = sums[t][half];
        if (code_bits == 4) {
          const __m256i codes_of_block = dot_nibbles(rows, parts, centre, code_sums[0] + code_sums[1]);
          sum = accumulate(codes_of_block, s.scale[0], input_scale, sum);
        } else {
          const __m256i left = dot_bytes(rows, parts, centre, code_sums[0]);
          const __m256i right = dot_bytes(rows + 4 * GB_GROUP_BYTES, parts + 16, centre, code_sums[1]);
          if (kind == GB_FACTORS_OF_16) {
            sum = accumulate(left, s.scale[0], input_scale, sum);
            sum = accumulate(right, s.scale[1], input_scale, sum);
          } else {
            sum = accumulate(_mm256_add_epi32(left, right), s.scale[0], input_scale, sum);
          }
        }
        if (gb_has_minima(kind)) sum = _mm256_fmadd_ps(s.minimum, _mm256_set1_ps(inputs->sums[at + t]), sum);
        sums[t][half] = sum;
      }
    }
  }
  for (int t = 0; t < count; t++) {
    float stored[GB_PANEL_ROWS];
    _mm256_storeu_ps(stored, sums[t][0]);
    _mm256_storeu_ps(stored + 8, sums[t][1]);
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
