/* What AVX-512 does with one block: some tokens with panels side by side, sums in registers. */
#ifndef GB_MULTIPLY512_H
#define GB_MULTIPLY512_H

#include "kernel.h"
#include "vectors512.h"

#include <string.h>

/** Tokens and panels whose sums stay in registers: 8 of them, 16 accumulators and the codes at hand are 32. */
#define MAX_TOGETHER 4
#define MAX_PANELS 2

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

/** Panels side by side, from the first one on, with what a loop over their blocks should not read again for each. */
typedef struct beside {
  const uint8_t *panel;
  const uint8_t *scales;
  int32_t centre;
} beside;

GB_INLINE beside panels_from(const gb_job *job, int64_t index) {
  const uint8_t *panel = gb_panel(job, index);
  return (beside){panel, gb_panel_scales(job, panel), job->form->centre};
}

/** Adds one block's products to the sums of `count` tokens, whose first has input `at`, with `panels` panels. */
GB_INLINE void multiply_block(const gb_job *job, const beside from, const int panels, int64_t block, int64_t at,
                              const int count, const int code_bits, const gb_scales kind, gb_scales512 s[MAX_PANELS],
                              __m512 sums[MAX_PANELS][MAX_TOGETHER]) {
  const gb_prepared *inputs = &job->inputs;
  const uint8_t *codes = from.panel + block * code_bits * GB_GROUP_BYTES;
  const int8_t *parts = inputs->parts + at * GB_PARTS_BYTES;
  const int halves = kind == GB_FACTORS_OF_16 ? 2 : 1;
  const __m512i nibble = _mm512_set1_epi8(15);
  _Alignas(32) int32_t centres[2 * MAX_TOGETHER];
  if (!gb_has_minima(kind)) find_centres(inputs->codes + at * 2, count, from.centre, halves, centres);
  /* Where halves of a block have scales of their own, one half after the other: both do not fit the registers. */
  GB_UNROLL for (int half = 0; half < halves; half++) {
    block_sums b;
    GB_UNROLL for (int p = 0; p < panels; p++)
      GB_UNROLL for (int t = 0; t < count; t++) {
        b.high[p][t] = _mm512_setzero_si512();
        b.low[p][t] = gb_has_minima(kind) ? _mm512_setzero_si512() : _mm512_set1_epi32(centres[2 * t + half]);
      }
    GB_UNROLL for (int group = 0; group < 4; group++) {
      const int part = half * 4 + group;
      __m512i first_codes[MAX_PANELS], second_codes[MAX_PANELS];
      GB_UNROLL for (int p = 0; p < panels; p++) {
        const uint8_t *of_panel = codes + p * job->panel_bytes;
        first_codes[p] = _mm512_loadu_si512(of_panel + part * GB_GROUP_BYTES);
        if (code_bits == 4) {
          second_codes[p] = _mm512_and_si512(_mm512_srli_epi16(first_codes[p], 4), nibble);
          first_codes[p] = _mm512_and_si512(first_codes[p], nibble);
        } else if (halves == 1) {
          second_codes[p] = _mm512_loadu_si512(of_panel + (part + 4) * GB_GROUP_BYTES);
        }
      }
      multiply_group(first_codes, panels, parts + part * 4, count, &b);
      if (halves == 1) multiply_group(second_codes, panels, parts + (part + 4) * 4, count, &b);
    }
    GB_UNROLL for (int p = 0; p < panels; p++) {
      if (half == 0) gb_next_scales512(&s[p], kind, from.scales + p * job->panel_bytes, block);
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

#endif
