/*
 * AMX: sixteen tokens and a panel at a time, a block in one tile product. Tiles give exact int32 sums of a block, which
 * AVX-512 scales and adds up, since every block has a scale of its own; getting a tile out of its register is the dearest
 * part. Four-bit codes therefore need one tile for both parts of the inputs:
 *
 *   [16 tokens][32 high, 32 low]  x  [32 columns of codes * 16, 32 columns of codes][16 rows]
 *
 * Byte codes take a tile for each part. A few tokens go to amx_few_tokens.c, fewer than a tile is worth to the AVX-512
 * kernel.
 */
#define _DEFAULT_SOURCE
#include "amx_few_tokens.h"
#include "kernel.h"

#if defined(__x86_64__)
#include "for_each_form.h"
#include "vectors512.h"
#include "x86.h"

#include <string.h>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

/** asm/prctl.h of Linux 5.16 and later. Once for the process, before a tile is touched. */
static bool is_allowed(void) {
  const long request_permission = 0x1023, tile_data = 18;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}
#else
static bool is_allowed(void) { return false; }
#endif

static bool is_usable(void) { return gb_detect_x86().amx_int8 && is_allowed(); }

/** Below these the AVX-512 kernel is as fast, and while memory is waited for faster. */
#define FEWEST_TOKENS 3
#define FEWEST_TOKENS_OF_HALVES 5

/** Tokens times blocks times panels: below this, making tiles ready costs more than they gain. Measured. */
#define LEAST_WORK 512

/** A token's rows of `spread` (inputs.h), from its parts. */
static void spread_token(const gb_prepared *inputs, int64_t token) {
  const int64_t tokens = inputs->tokens, blocks = inputs->blocks;
  const __m256i none = _mm256_setzero_si256();
  for (int64_t block = 0; block < gb_round_up(blocks, 2); block++) {
    const int8_t *parts = inputs->parts + (block * tokens + token) * GB_PARTS_BYTES;
    for (int part = 0; part < 2; part++) {
      const __m256i all =
          block < blocks ? _mm256_loadu_si256((const __m256i *)(const void *)(parts + part * GB_BLOCK)) : none;
      int8_t *row = inputs->spread + ((block * tokens + token) * 2 + part) * 64;
      _mm256_store_si256((__m256i *)(void *)(row + block % 2 * 32), all);
      _mm256_store_si256((__m256i *)(void *)(row + (1 - block % 2) * 32), none);
    }
  }
}

static void prepare_token(const float *x, const gb_prepared *inputs, int64_t token) {
  gb_avx512vnni_kernel.prepare_token(x, inputs, token);
  if (inputs->tokens >= FEWEST_TOKENS && gb_has_spread(inputs->tokens, inputs->blocks)) spread_token(inputs, token);
}

/* Codes of some panels and inputs of a group, eight blocks of each, lie in the first cache together. */
#define CHUNK_BLOCKS GB_SUPER_BLOCKS
#define CHUNK_PANELS 4
#define CHUNK_TOKENS 128

#define TILE_BYTES 1024

/** What a thread works with, on its stack. */
typedef struct workspace {
  /** [panel][block] of a chunk: tiles as they are, four columns of 16 rows after another. */
  int8_t codes[CHUNK_PANELS * CHUNK_BLOCKS * TILE_BYTES];
  /** Two of one or two tiles each, [16 tokens][16 rows]: products with both parts, or with the high and the low ones. */
  int8_t products[2][2][TILE_BYTES];
  /** [panel][token][row] */
  float sums[CHUNK_PANELS][CHUNK_TOKENS][GB_PANEL_ROWS];
} workspace;

/** GCC's tile loads do not say that they read memory: what was stored before must be there. */
GB_INLINE void finish_stores(void) { __asm__ volatile("" ::: "memory"); }

/** Columns that one tile product sums up: a block, or half a block where that has a scale of its own. */
#define STEP_COLUMNS(scales) ((scales) == GB_FACTORS_OF_16 ? 16 : GB_BLOCK)
/** Bytes of a step's codes: shifted ones too where they are nibbles. */
#define STEP_BYTES(code_bits, scales) ((code_bits) == 4 ? TILE_BYTES : STEP_COLUMNS(scales) * GB_PANEL_ROWS)

/**
 * Tiles 0 to 3: products, [16 tokens][16 rows]. 4 and 5: parts, [16 tokens][columns], of nibbles both in one. 6: codes,
 * [columns / 4][16 rows][4 columns].
 */
static void configure_tiles(int columns) {
  _Alignas(64) uint8_t configuration[64] = {1};
  for (int tile = 0; tile < 7; tile++) {
    const bool holds_parts = tile == 4 || tile == 5;
    configuration[16 + tile * 2] = holds_parts ? (uint8_t)columns : 64;
    configuration[48 + tile] = tile == 6 ? (uint8_t)(columns / 4) : 16;
  }
  finish_stores();
  _tile_loadconfig(configuration);
}

/** Nibbles of blocks as bytes times 16 and as bytes, with `centre` taken off: from -128 to 112, or from 0 to 240. */
GB_INLINE void unpack_nibbles(const uint8_t *codes, int64_t blocks, int32_t centre, int8_t *out) {
  const __m512i nibble = _mm512_set1_epi8(15), middle = _mm512_set1_epi8((char)centre);
  const __m512i shifted = _mm512_set1_epi8((char)(15 << 4)), shifted_middle = _mm512_set1_epi8((char)(centre << 4));
  for (int64_t block = 0; block < blocks; block++) {
    for (int group = 0; group < 4; group++) {
      const __m512i both = _mm512_loadu_si512(codes + (block * 4 + group) * GB_GROUP_BYTES);
      int8_t *to = out + block * TILE_BYTES + group * GB_GROUP_BYTES;
      _mm512_store_si512(
          to, _mm512_sub_epi8(_mm512_and_si512(_mm512_slli_epi16(both, 4), shifted), shifted_middle));
      _mm512_store_si512(to + 4 * GB_GROUP_BYTES, _mm512_sub_epi8(_mm512_and_si512(both, shifted), shifted_middle));
      _mm512_store_si512(to + 8 * GB_GROUP_BYTES, _mm512_sub_epi8(_mm512_and_si512(both, nibble), middle));
      _mm512_store_si512(to + 12 * GB_GROUP_BYTES,
                         _mm512_sub_epi8(_mm512_and_si512(_mm512_srli_epi16(both, 4), nibble), middle));
    }
  }
}

/** Byte codes with `centre` taken off: from -128 to 127. */
GB_INLINE void unpack_bytes(const uint8_t *codes, int64_t blocks, int32_t centre, int8_t *out) {
  const __m512i middle = _mm512_set1_epi8((char)centre);
  for (int64_t at = 0; at < blocks * GB_GROUPS * GB_GROUP_BYTES; at += GB_GROUP_BYTES)
    _mm512_store_si512(out + at, _mm512_sub_epi8(_mm512_loadu_si512(codes + at), middle));
}

/* Tiles are named by constants. */
#define MULTIPLY_NIBBLES(TILE, product)                                                                                \
  do {                                                                                                                 \
    _tile_loadd(4, parts, GB_PARTS_BYTES);                                                                             \
    _tile_loadd(6, codes, GB_GROUP_BYTES);                                                                             \
    _tile_zero(TILE);                                                                                                  \
    product(TILE, 4, 6);                                                                                               \
    _tile_stored(TILE, products[0], 64);                                                                               \
  } while (0)

#define MULTIPLY_BYTES(HIGH, LOW)                                                                                      \
  do {                                                                                                                 \
    _tile_loadd(4, parts, GB_PARTS_BYTES);                                                                             \
    _tile_loadd(5, parts + GB_BLOCK, GB_PARTS_BYTES);                                                                  \
    _tile_loadd(6, codes, GB_GROUP_BYTES);                                                                             \
    _tile_zero(HIGH);                                                                                                  \
    _tile_zero(LOW);                                                                                                   \
    _tile_dpbssd(HIGH, 4, 6);                                                                                          \
    _tile_dpbssd(LOW, 5, 6);                                                                                           \
    _tile_stored(HIGH, products[0], 64);                                                                               \
    _tile_stored(LOW, products[1], 64);                                                                                \
  } while (0)

/** One step; steps take turns with the tiles of products. */
GB_INLINE void multiply_tiles(const int8_t *parts, const int8_t *codes, bool is_odd, const int code_bits,
                              const gb_scales kind, int8_t products[2][TILE_BYTES]) {
  if (code_bits == 8) {
    if (is_odd) MULTIPLY_BYTES(2, 3);
    else MULTIPLY_BYTES(0, 1);
  } else if (gb_has_minima(kind)) {
    /* Codes without a sign. */
    if (is_odd) MULTIPLY_NIBBLES(2, _tile_dpbsud);
    else MULTIPLY_NIBBLES(0, _tile_dpbsud);
  } else {
    if (is_odd) MULTIPLY_NIBBLES(2, _tile_dpbssd);
    else MULTIPLY_NIBBLES(0, _tile_dpbssd);
  }
}

/** Blocks [first_block, end_block) of panels [first_panel, end_panel) and of one group of tokens, from `token` on. */
typedef struct chunk {
  int64_t first_panel;
  int64_t end_panel;
  int64_t first_block;
  int64_t end_block;
  int64_t token;
} chunk;

/** Scales or sums of a block's inputs, with zeros for tokens that a last group has not. */
GB_INLINE void copy_inputs(const float *from, int64_t count, float out[GB_TOKEN_GROUP]) {
  _mm512_store_ps(out, _mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from));
}

/** What a chunk's panel is followed by: its own next blocks, or the first ones of the panel that takes its place. */
typedef struct following {
  const uint8_t *codes;
  const uint8_t *scales;
} following;

GB_INLINE following following_of(const gb_job *job, const chunk at, int64_t panel) {
  const bool is_end = at.end_block == job->inputs.blocks;
  const uint8_t *next = gb_panel(job, is_end ? panel + CHUNK_PANELS : panel);
  const int64_t block = is_end ? 0 : at.end_block;
  return (following){next + block * gb_code_bytes(job->form),
                     gb_panel_scales(job, next) + gb_scale_bytes(job->form->scales, block)};
}

/** Asks memory for them, while a chunk is multiplied: processors do not see by themselves where a panel goes on. */
GB_INLINE void ask_for(const uint8_t *from, int64_t bytes) {
  GB_UNROLL for (int64_t line = 0; line < bytes; line += 64) _mm_prefetch((const char *)from + line, _MM_HINT_T1);
}

/** Adds the chunk's products to `sums`, [panel][token of the group][row]. */
GB_INLINE void multiply_chunk(workspace *w, const gb_job *job, const chunk at, const int code_bits,
                              const gb_scales kind, float (*sums)[CHUNK_TOKENS][GB_PANEL_ROWS]) {
  const gb_prepared *inputs = &job->inputs;
  const int halves = kind == GB_FACTORS_OF_16 ? 2 : 1;
  const int64_t steps = (at.end_block - at.first_block) * halves;
  const int64_t all_steps = steps * (at.end_panel - at.first_panel);
  const int64_t count = gb_group_tokens(inputs->tokens, at.token);
  const int64_t first_input = gb_input_index(inputs->tokens, inputs->blocks, at.token, at.first_block);
  const int8_t *parts = inputs->parts + first_input * GB_PARTS_BYTES;
  const int64_t step_bytes = STEP_BYTES(code_bits, kind), packed_step = code_bits * GB_GROUP_BYTES / halves;
  gb_scales512 s = gb_no_scales512();
  multiply_tiles(parts, w->codes, false, code_bits, kind, w->products[0]);
  for (int64_t panel = at.first_panel, next = 1; panel < at.end_panel; panel++, sums++) {
    const uint8_t *scales = gb_panel_scales(job, gb_panel(job, panel));
    const following next_blocks = following_of(job, at, panel);
    ask_for(next_blocks.scales, gb_scale_bytes(kind, CHUNK_BLOCKS));
    __m512 totals[GB_TOKEN_GROUP];
    GB_UNROLL for (int t = 0; t < GB_TOKEN_GROUP; t++) totals[t] = _mm512_loadu_ps((*sums)[t]);
    for (int64_t step = 0; step < steps; step++, next++) {
      /* The next tiles multiply while these are added. */
      if (next < all_steps) {
        const int64_t next_step = step + 1 < steps ? step + 1 : 0;
        const int8_t *next_parts = parts + next_step / halves * count * GB_PARTS_BYTES + next_step % halves * 16;
        multiply_tiles(next_parts, w->codes + next * step_bytes, next % 2 == 1, code_bits, kind,
                       w->products[next % 2]);
      }
      ask_for(next_blocks.codes + step * packed_step, packed_step);
      const int64_t half = step % halves, block = at.first_block + step / halves;
      const int64_t input = first_input + step / halves * count;
      if (half == 0) gb_next_scales512(&s, kind, scales, block);
      const __m512 scale = half == 0 ? s.scale[0] : s.scale[1];
      const int8_t(*products)[TILE_BYTES] = w->products[(next - 1) % 2];
      _Alignas(64) float copied[GB_TOKEN_GROUP];
      const float *input_scales = inputs->scales + input;
      if (count < GB_TOKEN_GROUP) {
        copy_inputs(input_scales, count, copied);
        input_scales = copied;
      }
      GB_UNROLL for (int t = 0; t < GB_TOKEN_GROUP; t++) {
        __m512i codes = _mm512_load_si512(products[0] + t * 64);
        if (code_bits == 8) codes = gb_join_parts512(codes, _mm512_load_si512(products[1] + t * 64));
        totals[t] = gb_accumulate512(codes, scale, input_scales[t], totals[t]);
      }
      if (gb_has_minima(kind)) {
        const float *input_sums = inputs->sums + input;
        if (count < GB_TOKEN_GROUP) {
          copy_inputs(input_sums, count, copied);
          input_sums = copied;
        }
        GB_UNROLL for (int t = 0; t < GB_TOKEN_GROUP; t++)
          totals[t] = _mm512_fmadd_ps(s.minimum, _mm512_set1_ps(input_sums[t]), totals[t]);
      }
    }
    GB_UNROLL for (int t = 0; t < GB_TOKEN_GROUP; t++) _mm512_storeu_ps((*sums)[t], totals[t]);
  }
}

static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/** Panels [first, end), at most CHUNK_PANELS, with tokens [first_token, end_token), at most CHUNK_TOKENS. */
GB_INLINE void multiply_some(workspace *w, const gb_job *job, int64_t first, int64_t end, int64_t first_token,
                             int64_t end_token, const int code_bits, const gb_scales kind) {
  const int64_t blocks = job->inputs.blocks;
  const int64_t block_codes = code_bits * GB_GROUP_BYTES;
  for (int64_t panel = first; panel < end; panel++)
    memset(w->sums[panel - first], 0,
           (size_t)gb_round_up(end_token - first_token, GB_TOKEN_GROUP) * sizeof w->sums[0][0]);
  for (int64_t block = 0; block < blocks; block += CHUNK_BLOCKS) {
    const int64_t end_block = least(block + CHUNK_BLOCKS, blocks);
    int8_t *codes = w->codes;
    for (int64_t panel = first; panel < end; panel++) {
      const uint8_t *packed = gb_panel(job, panel) + block * block_codes;
      if (code_bits == 4) unpack_nibbles(packed, end_block - block, job->form->centre, codes);
      else unpack_bytes(packed, end_block - block, job->form->centre, codes);
      codes += (end_block - block) * GB_BLOCK / STEP_COLUMNS(kind) * STEP_BYTES(code_bits, kind);
    }
    finish_stores();
    for (int64_t token = first_token; token < end_token; token += GB_TOKEN_GROUP) {
      const chunk at = {first, end, block, end_block, token};
      /* A row of this type is a panel's sums, which begin at the group's first token. */
      float(*sums)[CHUNK_TOKENS][GB_PANEL_ROWS] = (void *)w->sums[0][token - first_token];
      multiply_chunk(w, job, at, code_bits, kind, sums);
    }
  }
  for (int64_t token = first_token; token < end_token; token++)
    for (int64_t panel = first; panel < end; panel++)
      gb_store(job, token, panel, w->sums[panel - first][token - first_token]);
}

GB_INLINE void multiply_panels(const gb_job *job, const int code_bits, const gb_scales kind) {
  _Alignas(64) workspace w;
  _Alignas(64) uint8_t before[64];
  _tile_storeconfig(before);
  configure_tiles(code_bits == 4 ? 64 : STEP_COLUMNS(kind));
  for (int64_t token = 0; token < job->inputs.tokens; token += CHUNK_TOKENS)
    for (int64_t panel = job->first_panel; panel < job->end_panel; panel += CHUNK_PANELS)
      multiply_some(&w, job, panel, least(panel + CHUNK_PANELS, job->end_panel), token,
                    least(token + CHUNK_TOKENS, job->inputs.tokens), code_bits, kind);
  /*
   * Tiles in use would make every change of threads dearer. But a library that ran on this thread before (ggml) may count on
   * the configuration that it once made.
   */
  if (before[0] == 0) _tile_release();
  else _tile_loadconfig(before);
}

/** Whether up to GB_AMX_FEW_TOKENS tokens are worth tiles. */
static bool is_worth_tiles(const gb_job *job) {
  const int64_t tokens = job->inputs.tokens, blocks = job->inputs.blocks;
  const int fewest = job->form->scales == GB_FACTORS_OF_16 ? FEWEST_TOKENS_OF_HALVES : FEWEST_TOKENS;
  if (tokens < fewest || (tokens <= GB_SPREAD_TOKENS && !gb_has_spread(tokens, blocks))) return false;
  return tokens * blocks * (job->end_panel - job->first_panel) >= LEAST_WORK;
}

static void product(const gb_job *job) {
  if (job->inputs.tokens > GB_AMX_FEW_TOKENS) GB_MULTIPLY_AS_FORM(multiply_panels, job);
  else if (is_worth_tiles(job)) gb_amx_few_tokens(job);
  else gb_avx512vnni_kernel.product(job);
}

const gb_kernel gb_amx_kernel = {"amx", is_usable, prepare_token, product};
#endif
