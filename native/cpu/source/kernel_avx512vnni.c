/*
 * AVX-512 with VNNI: up to four tokens and two panels at a time, sums in registers. For one token this reads weights as
 * fast as memory gives them. For many it is bound by vpdpbusd, of which a processor does two a cycle; that it does so takes
 * two panels, because an input that is loaded for one panel alone costs as many loads as products.
 */
#include "kernel.h"

#if defined(__x86_64__)
#include "for_each_form.h"
#include "prepare_two_blocks512.h"
#include "vectors512.h"
#include "x86.h"

static bool is_usable(void) { return gb_detect_x86().avx512_vnni; }

static void prepare_token(const float *x, const gb_prepared *inputs, int64_t token) {
  int64_t block = 0;
  for (; block + 2 <= inputs->blocks; block += 2) prepare_two_blocks(x + block * GB_BLOCK, inputs, token, block);
  if (block == inputs->blocks) return;
  /* The last of an odd number goes with the one before it, once more: that is less work than one alone. */
  if (block > 0)
    prepare_two_blocks(x + (block - 1) * GB_BLOCK, inputs, token, block - 1);
  else
    prepare_one_block(x, inputs, token, 0);
}

/** Tokens and panels whose sums stay in registers: 8 of them, 16 accumulators and the codes at hand are 32. */
#define MAX_TOGETHER 4
#define MAX_PANELS 2

/** How far ahead of its use memory is asked for: some microseconds at the speed of memory. */
#define AHEAD_BYTES 4096

/** Sums of one block: of the high and the low parts of each token, with each panel. */
typedef struct block_sums {
  __m512i high[MAX_PANELS][MAX_TOGETHER];
  __m512i low[MAX_PANELS][MAX_TOGETHER];
} block_sums;

/** Four codes of 16 rows of each panel times four inputs of each token. An input is loaded once for all panels. */
GB_INLINE void multiply_group(const __m512i codes[], const int panels, const int8_t *parts, const int count,
                              block_sums *b) {
  GB_UNROLL for (int t = 0; t < count; t++) {
    int32_t high_parts, low_parts;
    memcpy(&high_parts, parts + t * GB_PARTS_BYTES, 4);
    memcpy(&low_parts, parts + t * GB_PARTS_BYTES + GB_BLOCK, 4);
    const __m512i high = _mm512_set1_epi32(high_parts), low = _mm512_set1_epi32(low_parts);
    GB_UNROLL for (int p = 0; p < panels; p++) {
      b->high[p][t] = _mm512_dpbusd_epi32(b->high[p][t], codes[p], high);
      b->low[p][t] = _mm512_dpbusd_epi32(b->low[p][t], codes[p], low);
    }
  }
}

/**
 * What the centre takes off each token's sums, in one go: of columns 0 to 15 and 16 to 31 where `halves` is 2, of all 32 at
 * the even places otherwise. `codes` are gb_prepared's of `count` tokens.
 */
GB_INLINE void find_centres(const int32_t *codes, const int count, int32_t centre, const int halves,
                            int32_t out[2 * MAX_TOGETHER]) {
  __m256i sums = _mm256_maskz_loadu_epi32((__mmask8)((1u << 2 * count) - 1), codes);
  if (halves == 1) sums = _mm256_add_epi32(sums, _mm256_srli_epi64(sums, 32));
  _mm256_storeu_si256((__m256i *)(void *)out, _mm256_mullo_epi32(sums, _mm256_set1_epi32(-centre)));
}

/** gb_store in vectors. */
GB_INLINE void store(const gb_job *job, int64_t token, int64_t panel, __m512 sums) {
  const int64_t at = token * job->output.stride + panel * GB_PANEL_ROWS;
  const __mmask16 rows = (__mmask16)((1u << gb_panel_rows(job, panel)) - 1);
  if (job->output.addend) sums = _mm512_add_ps(_mm512_maskz_loadu_ps(rows, job->output.addend + at), sums);
  _mm512_mask_storeu_ps(job->output.y + at, rows, sums);
}

/**
 * `count` tokens of one group from `token` on, with `panels` panels. `chains`: what is read behind the last panel is asked for; in
 * long panels even that much arithmetic in front of a request for memory costs a lone token five percent.
 */
GB_INLINE void multiply(const gb_job *job, int64_t panel_index, const int panels, int64_t token, const int count,
                        const int code_bits, const gb_scales kind, const bool chains) {
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
  gb_scales512 s[MAX_PANELS];
  __m512 sums[MAX_PANELS][MAX_TOGETHER];
  GB_UNROLL for (int p = 0; p < panels; p++) {
    s[p] = gb_no_scales512();
    GB_UNROLL for (int t = 0; t < count; t++) sums[p][t] = _mm512_setzero_ps();
  }
  for (int64_t block = 0; block < inputs->blocks; block++, at += step) {
    const uint8_t *codes = panel + block * code_bits * GB_GROUP_BYTES;
    const int8_t *parts = inputs->parts + at * GB_PARTS_BYTES;
    const int64_t ahead = block * bytes_each + AHEAD_BYTES;
    /* Behind a panel's end lies the one at hand beside it, behind that the next. */
    const uint8_t *wanted = panel + ahead + (ahead < job->panel_bytes ? 0 : (panels - 1) * job->panel_bytes);
    GB_UNROLL for (int p = 0; p < panels; p++) {
      const uint8_t *of_panel = wanted + p * job->panel_bytes;
      const int64_t jump = chains && of_panel >= job->end ? job->next - job->end : 0;
      GB_UNROLL for (int64_t line = 0; line < code_bits * GB_GROUP_BYTES + 64; line += 64)
        _mm_prefetch((const char *)of_panel + jump + line, _MM_HINT_T0);
    }
    _Alignas(32) int32_t centres[2 * MAX_TOGETHER];
    if (!gb_has_minima(kind)) find_centres(inputs->codes + at * 2, count, centre, halves, centres);
    /* Where halves of a block have scales of their own, one half after the other: both do not fit the registers. */
    GB_UNROLL for (int half = 0; half < halves; half++) {
      block_sums b;
      GB_UNROLL for (int p = 0; p < panels; p++)
        GB_UNROLL for (int t = 0; t < count; t++) {
          b.high[p][t] = _mm512_setzero_si512();
          b.low[p][t] = gb_has_minima(kind) ? _mm512_setzero_si512() : _mm512_set1_epi32(centres[2 * t + half]);
        }
      GB_UNROLL for (int group = 0; group < 4; group++) {
        const int from = half * 4 + group;
        __m512i first_codes[MAX_PANELS], second_codes[MAX_PANELS];
        GB_UNROLL for (int p = 0; p < panels; p++) {
          const uint8_t *of_panel = codes + p * job->panel_bytes;
          first_codes[p] = _mm512_loadu_si512(of_panel + from * GB_GROUP_BYTES);
          if (code_bits == 4) {
            second_codes[p] = _mm512_and_si512(_mm512_srli_epi16(first_codes[p], 4), nibble);
            first_codes[p] = _mm512_and_si512(first_codes[p], nibble);
          } else if (halves == 1) {
            second_codes[p] = _mm512_loadu_si512(of_panel + (from + 4) * GB_GROUP_BYTES);
          }
        }
        multiply_group(first_codes, panels, parts + from * 4, count, &b);
        if (halves == 1) multiply_group(second_codes, panels, parts + (from + 4) * 4, count, &b);
      }
      GB_UNROLL for (int p = 0; p < panels; p++) {
        if (half == 0) gb_next_scales512(&s[p], kind, scales + p * job->panel_bytes, block);
        GB_UNROLL for (int t = 0; t < count; t++)
          sums[p][t] = gb_accumulate512(gb_join_parts512(b.high[p][t], b.low[p][t]), s[p].scale[half],
                                        inputs->scales[at + t], sums[p][t]);
      }
    }
    if (gb_has_minima(kind))
      GB_UNROLL for (int p = 0; p < panels; p++)
        GB_UNROLL for (int t = 0; t < count; t++)
          sums[p][t] = _mm512_fmadd_ps(s[p].minimum, _mm512_set1_ps(inputs->sums[at + t]), sums[p][t]);
  }
  GB_UNROLL for (int p = 0; p < panels; p++)
    GB_UNROLL for (int t = 0; t < count; t++) store(job, token + t, panel_index + p, sums[p][t]);
}

/** The tokens of one group, as many at a time as fill the registers. */
GB_INLINE void multiply_tokens(const gb_job *job, int64_t panel, const int panels, int64_t token, int64_t end_token,
                               const int code_bits, const gb_scales kind) {
  for (; token + 4 <= end_token; token += 4) multiply(job, panel, panels, token, 4, code_bits, kind, false);
  switch (end_token - token) {
  case 3: multiply(job, panel, panels, token, 3, code_bits, kind, false); break;
  case 2: multiply(job, panel, panels, token, 2, code_bits, kind, false); break;
  case 1: multiply(job, panel, panels, token, 1, code_bits, kind, false); break;
  }
}

/** Panels that meet a group of tokens before the next does: all of them and the group's inputs fit the second cache. */
#define NEAR_PANELS 4

GB_INLINE void multiply_panels(const gb_job *job, const int code_bits, const gb_scales kind) {
  const int64_t tokens = job->inputs.tokens;
  if (tokens == 1) {
    int64_t panel = job->first_panel;
    /* Where memory is the bound, it gives one stream sooner than two. What is asked for at once holds two short panels anyway. */
    if (job->panel_bytes < AHEAD_BYTES)
      for (; panel + 2 <= job->end_panel; panel += 2) multiply(job, panel, 2, 0, 1, code_bits, kind, true);
    for (; panel < job->end_panel; panel++) multiply(job, panel, 1, 0, 1, code_bits, kind, false);
    return;
  }
  for (int64_t first = job->first_panel; first < job->end_panel; first += NEAR_PANELS) {
    const int64_t end = first + NEAR_PANELS < job->end_panel ? first + NEAR_PANELS : job->end_panel;
    for (int64_t token = 0; token < tokens; token += GB_TOKEN_GROUP) {
      const int64_t end_token = token + gb_group_tokens(tokens, token);
      int64_t panel = first;
      for (; panel + 2 <= end; panel += 2) multiply_tokens(job, panel, 2, token, end_token, code_bits, kind);
      if (panel < end) multiply_tokens(job, panel, 1, token, end_token, code_bits, kind);
    }
  }
}

static void product(const gb_job *job) {
  GB_MULTIPLY_AS_FORM(multiply_panels, job);
}

const gb_kernel gb_avx512vnni_kernel = {"avx512vnni", is_usable, prepare_token, product};
#endif
