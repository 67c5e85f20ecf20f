/*
 * AMX for two to eight tokens and four-bit codes. A token is two rows of a tile, its high and its low parts, just as
 * prepared inputs lie in memory:
 *
 *   [token 0 high, token 0 low, token 1 high, ..][32 columns]  x  [32 columns of codes * 16][16 rows]
 *
 * so one tile product multiplies a block with all of them, and takes the longer the more tokens there are. A block is
 * unpacked, multiplied and added up in different turns of the loop, so that nobody waits for a tile.
 */
#include "amx_few_tokens.h"

#if defined(__x86_64__)
#include "vectors512.h"

#include <string.h>

/** How far ahead of its use memory is asked for, as in the AVX-512 kernel. */
#define AHEAD_BYTES 4096

/** Blocks between multiplying and adding up, and between unpacking and adding up. Measured. */
#define PRODUCT_LEAD 1
#define CODES_LEAD 3
/** A power of two above the leads. */
#define RING 4

#define CODE_BYTES (GB_GROUPS * GB_GROUP_BYTES)
#define TILE_BYTES 1024

/** Blocks that are under way. */
typedef struct workspace {
  /** [block]: four columns of 16 rows after another. */
  int8_t codes[RING][CODE_BYTES];
  /** [block]: [tokens][high, low][16 rows] */
  int8_t products[RING][TILE_BYTES];
} workspace;

/** GCC's tile loads do not say that they read memory: what was stored before must be there. */
GB_INLINE void finish_stores(void) { __asm__ volatile("" ::: "memory"); }

/** Tiles: 0 products, [tokens * 2][16 rows]; 1 parts, [tokens * 2][32]; 2 codes, [8][16 rows][4 columns]. */
static void configure_tiles(int tokens) {
  _Alignas(64) uint8_t configuration[64] = {1};
  for (int tile = 0; tile < 3; tile++) {
    configuration[16 + tile * 2] = tile == 1 ? GB_BLOCK : GB_GROUP_BYTES;
    configuration[48 + tile] = tile == 2 ? GB_GROUPS : (uint8_t)(2 * tokens);
  }
  finish_stores();
  _tile_loadconfig(configuration);
}

/** Nibbles as bytes times 16, the centre of 8 taken off where codes have a sign: from -128 to 112, or from 0 to 240. */
GB_INLINE void unpack(const uint8_t *codes, bool has_sign, int8_t *out) {
  const __m512i upper = _mm512_set1_epi8((char)0xf0), sign = _mm512_set1_epi8(has_sign ? (char)0x80 : 0);
  GB_UNROLL for (int group = 0; group < 4; group++) {
    const __m512i both = _mm512_loadu_si512(codes + group * GB_GROUP_BYTES);
    /* 16 * (code - 8) is 16 * code with another sign bit. 0x78: a ^ (b & c). */
    const __m512i first = _mm512_ternarylogic_epi32(sign, _mm512_slli_epi16(both, 4), upper, 0x78);
    const __m512i second = _mm512_ternarylogic_epi32(sign, both, upper, 0x78);
    _mm512_store_si512(out + group * GB_GROUP_BYTES, first);
    _mm512_store_si512(out + (group + 4) * GB_GROUP_BYTES, second);
  }
}

GB_INLINE void multiply_tile(const int8_t *parts, const int8_t *codes, bool has_sign, int8_t *products) {
  finish_stores();
  _tile_loadd(1, parts, GB_BLOCK);
  _tile_loadd(2, codes, GB_GROUP_BYTES);
  _tile_zero(0);
  if (has_sign) _tile_dpbssd(0, 1, 2);
  else _tile_dpbsud(0, 1, 2);
  _tile_stored(0, products, GB_GROUP_BYTES);
  finish_stores();
}

/** A token's 16 * high + low, of products with codes times 16. */
GB_INLINE __m512i join(const int8_t *products, int token) {
  const __m512i high = _mm512_load_si512(products + token * 2 * GB_GROUP_BYTES);
  const __m512i low = _mm512_load_si512(products + (token * 2 + 1) * GB_GROUP_BYTES);
  return _mm512_add_epi32(high, _mm512_srai_epi32(low, 4));
}

/**
 * Tokens are at most `width`, and sums are taken of so many: for those that are not there, of whatever the workspace and the
 * inputs behind a block's hold. Prepared inputs have codes behind scales and sums, so that these may be read past their end.
 */
GB_INLINE void multiply_panel(workspace *w, const gb_job *job, int64_t panel_index, const int width,
                              const gb_scales kind) {
  const gb_prepared *inputs = &job->inputs;
  const int64_t tokens = inputs->tokens, blocks = inputs->blocks;
  const uint8_t *panel = gb_panel(job, panel_index);
  const uint8_t *scales = gb_panel_scales(job, panel);
  const int64_t bytes_each = job->panel_bytes / blocks;
  const bool has_sign = !gb_has_minima(kind);
  gb_scales512 s = gb_no_scales512();
  __m512 sums[GB_AMX_FEW_TOKENS];
  GB_UNROLL for (int t = 0; t < width; t++) sums[t] = _mm512_setzero_ps();
  for (int64_t block = -CODES_LEAD; block < blocks; block++) {
    const int64_t unpacked = block + CODES_LEAD, multiplied = block + PRODUCT_LEAD;
    if (unpacked < blocks) {
      GB_UNROLL for (int64_t line = 0; line < 5 * 64; line += 64)
        _mm_prefetch((const char *)panel + unpacked * bytes_each + AHEAD_BYTES + line, _MM_HINT_T0);
      unpack(panel + unpacked * 4 * GB_GROUP_BYTES, has_sign, w->codes[unpacked & (RING - 1)]);
    }
    if (multiplied >= 0 && multiplied < blocks)
      multiply_tile(inputs->parts + multiplied * tokens * GB_PARTS_BYTES, w->codes[multiplied & (RING - 1)], has_sign,
                    w->products[multiplied & (RING - 1)]);
    if (block < 0) continue;
    gb_next_scales512(&s, kind, scales, block);
    GB_UNROLL for (int t = 0; t < width; t++) {
      const int64_t input = block * tokens + t;
      sums[t] = gb_accumulate512(join(w->products[block & (RING - 1)], t), s.scale[0], inputs->scales[input], sums[t]);
      if (gb_has_minima(kind)) sums[t] = _mm512_fmadd_ps(s.minimum, _mm512_set1_ps(inputs->sums[input]), sums[t]);
    }
  }
  float stored[GB_AMX_FEW_TOKENS][GB_PANEL_ROWS];
  GB_UNROLL for (int t = 0; t < width; t++) _mm512_storeu_ps(stored[t], sums[t]);
  for (int64_t t = 0; t < tokens; t++) gb_store(job, t, panel_index, stored[t]);
}

GB_INLINE void multiply_panels(workspace *w, const gb_job *job, const gb_scales kind) {
  for (int64_t panel = job->first_panel; panel < job->end_panel; panel++) {
    if (job->inputs.tokens <= 6) multiply_panel(w, job, panel, 6, kind);
    else multiply_panel(w, job, panel, GB_AMX_FEW_TOKENS, kind);
  }
}

void gb_amx_few_tokens(const gb_job *job) {
  _Alignas(64) workspace w;
  _Alignas(64) uint8_t before[64];
  /* Sums are taken of rows that no tile writes. */
  memset(w.products, 0, sizeof w.products);
  _tile_storeconfig(before);
  configure_tiles((int)job->inputs.tokens);
  switch (job->form->scales) {
  case GB_HALF_SCALES: multiply_panels(&w, job, GB_HALF_SCALES); break;
  case GB_HALF_SCALES_AND_MINIMA: multiply_panels(&w, job, GB_HALF_SCALES_AND_MINIMA); break;
  default: multiply_panels(&w, job, GB_FACTORS_AND_MINIMA); break;
  }
  /* As in kernel_amx.c. */
  if (before[0] == 0) _tile_release();
  else _tile_loadconfig(before);
}
#endif
