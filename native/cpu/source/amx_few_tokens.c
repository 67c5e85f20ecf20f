/*
 * AMX for three to eight tokens. Storing a tile takes 16 cycles however many of its rows are used, so a tile is filled:
 *
 *   apart    A token is two rows, its high and its low parts, which AVX-512 puts together. Up to four tokens leave room
 *            for two blocks, whose parts stand in columns of their own between zeros (`spread` of inputs.h):
 *              [block 0: token 0 high, token 0 low, .. | zeros]     [32 columns of block 0]
 *              [zeros | block 1: token 0 high, ..             ]  x  [32 columns of block 1][16 rows]
 *   joined   More tokens and four-bit codes: one row, [32 high, 32 low], meets codes times 16 above codes, and the tile
 *            does the rest. That is eight more stores for a block, and two operations less for each of its tokens.
 *
 * Byte codes are read by tiles as they lie in memory, four-bit ones are unpacked. All panels of a product are one stream of
 * tiles; a tile's codes are unpacked, multiplied, stored and added up in four turns of the loop, so that nobody waits for a
 * tile. More than six tiles in use make every load of one several times as dear while another thread has the core's other
 * half.
 */
#include "amx_few_tokens.h"

#if defined(__x86_64__)
#include "for_each_form.h"
#include "vectors512.h"

/** How far ahead of its use memory is asked for, into the second cache: a turn of the loop is shorter than memory takes. */
#define AHEAD_BYTES 16384

#define TILE_BYTES 1024

/** Turns between adding up a tile's products and unpacking its codes, multiplying and storing it. */
enum { CODES_LEAD = 3, PRODUCT_LEAD = 2, STORE_LEAD = 1 };

/** Two tiles of each are under way. */
typedef struct workspace {
  int8_t codes[2][TILE_BYTES];
  /** [rows of a segment, see `plan`][16 rows of the panel] */
  int8_t products[2][TILE_BYTES];
} workspace;

/** How a type's tiles look with a number of tokens: constants wherever it is inlined. */
typedef struct plan {
  int code_bits;
  gb_scales scales;
  int tokens;
  bool is_joined;
  /** Columns with scales of their own, 32 or 16, are a segment; a tile has one, or two blocks. */
  int columns;
  int segments;
} plan;

GB_INLINE plan plan_of(const int code_bits, const gb_scales scales, const int tokens) {
  const bool is_joined = code_bits == 4 && tokens > GB_SPREAD_TOKENS;
  return (plan){code_bits, scales, tokens, is_joined, scales == GB_FACTORS_OF_16 ? 16 : GB_BLOCK,
                tokens > GB_SPREAD_TOKENS ? 1 : 2};
}

/** Rows of a tile of products that a token has. */
GB_INLINE int token_rows(const plan p) { return p.is_joined ? 1 : 2; }

/** Bytes of a tile's row of inputs: its columns. */
GB_INLINE int tile_columns(const plan p) { return p.is_joined ? GB_PARTS_BYTES : p.segments * p.columns; }

/** GCC's tile loads do not say that they read memory: what was stored before must be there. */
GB_INLINE void finish_stores(void) { __asm__ volatile("" ::: "memory"); }

/** Tiles: 0 and 1 products, 2 inputs, 3 codes. */
static void configure_tiles(int rows, int columns) {
  _Alignas(64) uint8_t configuration[64] = {1};
  for (int tile = 0; tile < 4; tile++) {
    configuration[16 + tile * 2] = tile == 2 ? (uint8_t)columns : GB_GROUP_BYTES;
    configuration[48 + tile] = tile == 3 ? (uint8_t)(columns / 4) : (uint8_t)rows;
  }
  finish_stores();
  _tile_loadconfig(configuration);
}

/* Bytes of bits as vgf2p8affineqb takes them: one for each bit of the result, its lowest in
 * the highest byte, with the bits of the code that go into it. */
#define LOW_TIMES_16 0x0000000001020408ull
#define LOW 0x0102040800000000ull
#define LOW_WITH_SIGN 0x0102040808080808ull
#define HIGH 0x1020408000000000ull
#define HIGH_WITH_SIGN 0x1020408080808080ull

/** Nibbles times 16, the centre of 8 taken off where codes have a sign: from -128 to 112, or from 0 to 240. */
GB_INLINE void unpack_times_16(const uint8_t *codes, bool has_sign, int8_t *out) {
  const __m512i upper = _mm512_set1_epi8((char)0xf0), sign = _mm512_set1_epi8(has_sign ? (char)0x80 : 0);
  GB_UNROLL for (int group = 0; group < 4; group++) {
    const __m512i both = _mm512_loadu_si512(codes + group * GB_GROUP_BYTES);
    const __m512i low = _mm512_set1_epi64((long long)LOW_TIMES_16);
    /* 16 * (code - 8) is 16 * code with another sign bit. 0x78: a ^ (b & c). */
    const __m512i first =
        has_sign ? _mm512_gf2p8affine_epi64_epi8(both, low, 0x80) : _mm512_gf2p8affine_epi64_epi8(both, low, 0);
    const __m512i second = _mm512_ternarylogic_epi32(sign, both, upper, 0x78);
    _mm512_store_si512(out + group * GB_GROUP_BYTES, first);
    _mm512_store_si512(out + (group + 4) * GB_GROUP_BYTES, second);
  }
}

/** Nibbles, the centre of 8 taken off where codes have a sign: from -8 to 7, or from 0 to 15. */
GB_INLINE void unpack(const uint8_t *codes, bool has_sign, int8_t *out) {
  const __m512i low = _mm512_set1_epi64((long long)(has_sign ? LOW_WITH_SIGN : LOW));
  const __m512i high = _mm512_set1_epi64((long long)(has_sign ? HIGH_WITH_SIGN : HIGH));
  GB_UNROLL for (int group = 0; group < 4; group++) {
    const __m512i both = _mm512_loadu_si512(codes + group * GB_GROUP_BYTES);
    /* code - 8 in two's complement is code with its highest bit turned over, and four more like the turned one. */
    const __m512i first =
        has_sign ? _mm512_gf2p8affine_epi64_epi8(both, low, 0xf8) : _mm512_gf2p8affine_epi64_epi8(both, low, 0);
    const __m512i second =
        has_sign ? _mm512_gf2p8affine_epi64_epi8(both, high, 0xf8) : _mm512_gf2p8affine_epi64_epi8(both, high, 0);
    _mm512_store_si512(out + group * GB_GROUP_BYTES, first);
    _mm512_store_si512(out + (group + 4) * GB_GROUP_BYTES, second);
  }
}

/* Tiles are named by constants. */
#define MULTIPLY(TILE, product)                                                                                        \
  do {                                                                                                                 \
    _tile_loadd(2, inputs, stride);                                                                                    \
    _tile_loadd(3, codes, GB_GROUP_BYTES);                                                                             \
    _tile_zero(TILE);                                                                                                  \
    product(TILE, 2, 3);                                                                                               \
  } while (0)

GB_INLINE void multiply_tile(const plan p, const int8_t *inputs, const int8_t *codes, const int turn) {
  const int64_t stride = p.is_joined || p.segments == 2 ? tile_columns(p) : GB_BLOCK;
  const bool has_sign = p.code_bits == 4 && !gb_has_minima(p.scales);
  finish_stores();
  if (has_sign) {
    if (turn == 0) MULTIPLY(0, _tile_dpbssd);
    else MULTIPLY(1, _tile_dpbssd);
  } else {
    if (turn == 0) MULTIPLY(0, _tile_dpbsud);
    else MULTIPLY(1, _tile_dpbsud);
  }
}

GB_INLINE void store_tile(int8_t *products, const int turn) {
  if (turn == 0) _tile_stored(0, products, GB_GROUP_BYTES);
  else _tile_stored(1, products, GB_GROUP_BYTES);
  finish_stores();
}

/** Where a stage of the stream is. */
typedef struct cursor {
  const uint8_t *panel;
  const uint8_t *codes;
  const int8_t *inputs;
  /** Tiles of the panel that are left. */
  int64_t left;
} cursor;

/** What does not change from tile to tile. */
typedef struct stream {
  const gb_job *job;
  const int8_t *inputs;
  int64_t inputs_step;
  int64_t tiles;
  int64_t segments;
  /** Of the memory that a tile's codes and scales take. */
  int64_t tile_bytes;
} stream;

GB_INLINE cursor first_tile(const stream *s) {
  const uint8_t *panel = gb_panel(s->job, s->job->first_panel);
  return (cursor){panel, panel, s->inputs, s->tiles};
}

GB_INLINE void next_tile(const plan p, const stream *s, cursor *at) {
  at->codes += p.segments * p.columns * p.code_bits * GB_PANEL_ROWS / 8;
  at->inputs += s->inputs_step;
  if (--at->left == 0) {
    at->panel += s->job->panel_bytes;
    at->codes = at->panel;
    at->inputs = s->inputs;
    at->left = s->tiles;
  }
}

GB_INLINE void unpack_tile(const plan p, const stream *s, const cursor *at, int8_t *out) {
  const bool has_sign = !gb_has_minima(p.scales);
  unpack_times_16(at->codes, has_sign, out);
  if (p.is_joined) unpack(at->codes, has_sign, out + TILE_BYTES / 2);
  /* A last tile may have one block. What stands in the place of the other meets zeros. */
  else if (at->left > 1 || s->segments % 2 == 0)
    unpack_times_16(at->codes + 4 * GB_GROUP_BYTES, has_sign, out + TILE_BYTES / 2);
}

/**
 * What multiplies a tile: its codes as a tile has them, unpacked before or as they lie in memory. There a last tile of
 * one block reaches into the panel's scales, which GB_SPREAD_BLOCKS make longer than a block; they meet zeros.
 */
GB_INLINE const int8_t *codes_of(const plan p, const cursor *at, const int8_t *unpacked) {
  return p.code_bits == 4 ? unpacked : (const int8_t *)at->codes;
}

/** The sums of a token's segment, exact: `row` is the token's first in the tile. */
GB_INLINE __m512i join(const plan p, const int8_t *products, int row, int32_t centres) {
  const __m512i high = _mm512_load_si512(products + row * GB_GROUP_BYTES);
  if (p.is_joined) return high;
  const __m512i low = _mm512_load_si512(products + (row + 1) * GB_GROUP_BYTES);
  if (p.code_bits == 4) return _mm512_add_epi32(high, _mm512_srai_epi32(low, 4));
  return _mm512_sub_epi32(gb_join_parts512(high, low), _mm512_set1_epi32(centres));
}

/** Adds up the tile whose first segment is `first`. */
GB_INLINE void add_tile(const plan p, const stream *s, gb_scales512 *scales512, const uint8_t *scales, int64_t first,
                        const int8_t *products, __m512 sums[GB_AMX_FEW_TOKENS]) {
  const gb_prepared *inputs = &s->job->inputs;
  const int halves = GB_BLOCK / p.columns;
  GB_UNROLL for (int segment = 0; segment < p.segments; segment++) {
    const int64_t block = (first + segment) / halves;
    const int half = halves == 1 ? 0 : (int)(first + segment) % 2;
    if (segment == 1 && block == inputs->blocks) break;
    if (half == 0) gb_next_scales512(scales512, p.scales, scales, block);
    const __m512 scale = half == 0 ? scales512->scale[0] : scales512->scale[1];
    const float *input_scales = inputs->scales + block * p.tokens, *input_sums = inputs->sums + block * p.tokens;
    const int32_t *input_codes = inputs->codes + block * p.tokens * 2;
    GB_UNROLL for (int t = 0; t < p.tokens; t++) {
      int32_t centres = 0;
      if (p.code_bits == 8 && !gb_has_minima(p.scales))
        centres = s->job->form->centre *
                  (halves == 2 ? input_codes[t * 2 + half] : input_codes[t * 2] + input_codes[t * 2 + 1]);
      const __m512i codes = join(p, products, (segment * p.tokens + t) * token_rows(p), centres);
      sums[t] = gb_accumulate512(codes, scale, input_scales[t], sums[t]);
      if (gb_has_minima(p.scales))
        sums[t] = _mm512_fmadd_ps(scales512->minimum, _mm512_set1_ps(input_sums[t]), sums[t]);
    }
  }
}

GB_INLINE void ask_for(const plan p, const stream *s, const uint8_t *panel, int64_t tile) {
  const int most_bytes = p.segments * p.columns * (p.code_bits * GB_PANEL_ROWS / 8 + 2);
  const uint8_t *from = panel + tile * s->tile_bytes + AHEAD_BYTES;
  GB_UNROLL for (int line = 0; line < most_bytes; line += 64) _mm_prefetch((const char *)from + line, _MM_HINT_T1);
}

GB_INLINE void store_sums(const stream *s, int64_t panel, const int tokens, __m512 sums[GB_AMX_FEW_TOKENS]) {
  float stored[GB_AMX_FEW_TOKENS][GB_PANEL_ROWS];
  GB_UNROLL for (int t = 0; t < tokens; t++) {
    _mm512_storeu_ps(stored[t], sums[t]);
    sums[t] = _mm512_setzero_ps();
  }
  for (int t = 0; t < tokens; t++) gb_store(s->job, t, panel, stored[t]);
}

GB_INLINE stream stream_of(const plan p, const gb_job *job) {
  const gb_prepared *inputs = &job->inputs;
  const int64_t segments = inputs->blocks * (GB_BLOCK / p.columns), tiles = (segments + p.segments - 1) / p.segments;
  const bool is_spread = p.segments == 2;
  const int8_t *first = is_spread ? inputs->spread : inputs->parts;
  const int64_t step = is_spread          ? (int64_t)2 * p.tokens * token_rows(p) * tile_columns(p)
                       : p.columns == 16 ? 0
                                         : (int64_t)p.tokens * GB_PARTS_BYTES;
  return (stream){job, first, step, tiles, segments, job->panel_bytes / tiles};
}

GB_INLINE void multiply_stream(const plan p, const gb_job *job) {
  _Alignas(64) workspace w;
  const stream s = stream_of(p, job);
  const int64_t all = s.tiles * (job->end_panel - job->first_panel);
  const bool has_nibbles = p.code_bits == 4;
  cursor unpacked = first_tile(&s), multiplied = first_tile(&s);
  gb_scales512 scales512 = gb_no_scales512();
  __m512 sums[GB_AMX_FEW_TOKENS];
  GB_UNROLL for (int t = 0; t < p.tokens; t++) sums[t] = _mm512_setzero_ps();
  int64_t panel_index = job->first_panel, tile = 0;
  const uint8_t *panel = gb_panel(job, panel_index), *scales = gb_panel_scales(job, panel);
  for (int64_t two = -4; two < all; two += 2) {
    GB_UNROLL for (int turn = 0; turn < 2; turn++) {
      const int64_t at = two + turn;
      if (has_nibbles && at >= -CODES_LEAD && at + CODES_LEAD < all) {
        unpack_tile(p, &s, &unpacked, w.codes[(turn + CODES_LEAD) % 2]);
        next_tile(p, &s, &unpacked);
      }
      if (at >= -PRODUCT_LEAD && at + PRODUCT_LEAD < all) {
        const int8_t *codes = codes_of(p, &multiplied, w.codes[(turn + PRODUCT_LEAD) % 2]);
        const int half = p.columns == 16 ? turn : 0;
        multiply_tile(p, multiplied.inputs + half * 16, codes, (turn + PRODUCT_LEAD) % 2);
        next_tile(p, &s, &multiplied);
        if (p.columns == 16 && turn == 1 && multiplied.left != s.tiles)
          multiplied.inputs += (int64_t)p.tokens * GB_PARTS_BYTES;
      }
      if (at >= -STORE_LEAD && at + STORE_LEAD < all)
        store_tile(w.products[(turn + STORE_LEAD) % 2], (turn + STORE_LEAD) % 2);
      if (at < 0 || at >= all) continue;
      ask_for(p, &s, panel, tile);
      add_tile(p, &s, &scales512, scales, tile * p.segments, w.products[turn], sums);
      if (++tile == s.tiles) {
        store_sums(&s, panel_index++, p.tokens, sums);
        panel += job->panel_bytes;
        scales += job->panel_bytes;
        tile = 0;
      }
    }
  }
}

GB_INLINE void multiply_tokens(const gb_job *job, const int code_bits, const gb_scales scales, const int tokens) {
  const plan p = plan_of(code_bits, scales, tokens);
  configure_tiles(p.segments * tokens * token_rows(p), tile_columns(p));
  multiply_stream(p, job);
}

GB_INLINE void multiply_form(const gb_job *job, const int code_bits, const gb_scales scales) {
  /* Halves of a block are for the AVX-512 kernel with as few tokens as are spread. */
  const int fewest = scales == GB_FACTORS_OF_16 ? GB_SPREAD_TOKENS + 1 : 3;
  switch (job->inputs.tokens) {
  case 3: if (fewest <= 3) multiply_tokens(job, code_bits, scales, 3); break;
  case 4: if (fewest <= 4) multiply_tokens(job, code_bits, scales, 4); break;
  case 5: multiply_tokens(job, code_bits, scales, 5); break;
  case 6: multiply_tokens(job, code_bits, scales, 6); break;
  case 7: multiply_tokens(job, code_bits, scales, 7); break;
  default: multiply_tokens(job, code_bits, scales, GB_AMX_FEW_TOKENS); break;
  }
}

void gb_amx_few_tokens(const gb_job *job) {
  _Alignas(64) uint8_t before[64];
  _tile_storeconfig(before);
  GB_MULTIPLY_AS_FORM(multiply_form, job);
  /* As in kernel_amx.c. */
  if (before[0] == 0) _tile_release();
  else _tile_loadconfig(before);
}
#endif
