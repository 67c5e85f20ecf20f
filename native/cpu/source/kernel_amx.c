/*
 * AMX: sixteen tokens and a panel at a time, eight byte columns of them in one tile product. Tiles give exact int32 sums of
 * one block, which AVX-512 scales and adds up, since every block has a scale of its own. Fewer tokens than a tile is
 * worth go to the AVX-512 kernel.
 */
#define _DEFAULT_SOURCE
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

static void prepare_token(const float *x, const gb_prepared *inputs, int64_t token) {
  gb_avx512vnni_kernel.prepare_token(x, inputs, token);
}

/** Below this the AVX-512 kernel is faster. */
#define FEWEST_TOKENS 4

/** Blocks of a panel that are unpacked together: 16 KiB, a third of the first cache. */
#define CHUNK_BLOCKS 32
/** Panels that a chunk of the inputs meets before the next chunk is read. */
#define CHUNK_PANELS 4
#define CHUNK_TOKENS 128

#define TILE_FLOATS 256

/** What a thread works with, on its stack. */
typedef struct workspace {
  /** Codes of a chunk of one panel around 0, four columns of 16 rows after another: tiles as they are. */
  int8_t codes[CHUNK_BLOCKS * GB_GROUPS * GB_GROUP_BYTES];
  /** Two pairs of tiles: products with the high and the low parts. */
  int32_t products[2][2][TILE_FLOATS];
  /** [panel][token][row] */
  float sums[CHUNK_PANELS][CHUNK_TOKENS][GB_PANEL_ROWS];
} workspace;

/** GCC's tile loads do not say that they read memory: what was stored before must be there. */
GB_INLINE void finish_stores(void) { __asm__ volatile("" ::: "memory"); }

/** Tiles 0 to 3: products, [16 tokens][16 rows]. 4 and 5: high and low parts, [16 tokens][columns]. 6: codes. */
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

GB_INLINE void unpack_codes(const uint8_t *codes, int64_t blocks, const int code_bits, int32_t centre, int8_t *out) {
  const __m512i nibble = _mm512_set1_epi8(15), middle = _mm512_set1_epi8((char)centre);
  for (int64_t block = 0; block < blocks; block++) {
    for (int group = 0; group < code_bits; group++) {
      const __m512i bytes = _mm512_loadu_si512(codes + (block * code_bits + group) * GB_GROUP_BYTES);
      int8_t *to = out + (block * GB_GROUPS + group) * GB_GROUP_BYTES;
      if (code_bits == 8) {
        _mm512_store_si512(to, _mm512_sub_epi8(bytes, middle));
      } else {
        _mm512_store_si512(to, _mm512_sub_epi8(_mm512_and_si512(bytes, nibble), middle));
        _mm512_store_si512(to + 4 * GB_GROUP_BYTES,
                           _mm512_sub_epi8(_mm512_and_si512(_mm512_srli_epi16(bytes, 4), nibble), middle));
      }
    }
  }
}

/* Tiles are named by constants. */
#define MULTIPLY_TILES(HIGH, LOW, parts, codes, products)                                                              \
  do {                                                                                                                 \
    _tile_loadd(4, (parts), GB_PARTS_BYTES);                                                                           \
    _tile_loadd(5, (parts) + GB_BLOCK, GB_PARTS_BYTES);                                                                \
    _tile_loadd(6, (codes), GB_GROUP_BYTES);                                                                           \
    _tile_zero(HIGH);                                                                                                  \
    _tile_zero(LOW);                                                                                                   \
    _tile_dpbssd(HIGH, 4, 6);                                                                                          \
    _tile_dpbssd(LOW, 5, 6);                                                                                           \
    _tile_stored(HIGH, (products)[0], 64);                                                                             \
    _tile_stored(LOW, (products)[1], 64);                                                                              \
  } while (0)

/** Adds a chunk's blocks to the sums of one group of `count` tokens. */
GB_INLINE void multiply_group(workspace *w, const gb_prepared *inputs, const uint8_t *scales, int64_t first_block,
                              int64_t end_block, int64_t token, const int count, const gb_scales kind,
                              float (*sums_at)[GB_PANEL_ROWS]) {
  const int halves = kind == GB_FACTORS_OF_16 ? 2 : 1;
  const int64_t steps = (end_block - first_block) * halves;
  int64_t at = gb_input_index(inputs->tokens, inputs->blocks, token, first_block);
  const int8_t *parts = inputs->parts + at * GB_PARTS_BYTES;
  const int8_t *codes = w->codes;
  const int64_t code_bytes = GB_GROUPS / halves * GB_GROUP_BYTES;
  gb_scales512 s = gb_no_scales512();
  __m512 sums[GB_TOKEN_GROUP];
  for (int t = 0; t < count; t++) sums[t] = _mm512_loadu_ps(sums_at[t]);
  MULTIPLY_TILES(0, 1, parts, codes, w->products[0]);
  for (int64_t step = 0; step < steps; step++) {
    /* The next tiles multiply while these are added. */
    if (step + 1 < steps) {
      const int8_t *next = parts + (step + 1) / halves * count * GB_PARTS_BYTES + (step + 1) % halves * 16;
      if (step % 2 == 0) MULTIPLY_TILES(2, 3, next, codes + (step + 1) * code_bytes, w->products[1]);
      else MULTIPLY_TILES(0, 1, next, codes + (step + 1) * code_bytes, w->products[0]);
    }
    const int64_t half = step % halves;
    if (half == 0) gb_next_scales512(&s, kind, scales, first_block + step / halves);
    const __m512 scale = half == 0 ? s.scale[0] : s.scale[1];
    const int32_t(*products)[TILE_FLOATS] = w->products[step % 2];
    for (int t = 0; t < count; t++) {
      const __m512i high = _mm512_loadu_si512(products[0] + t * 16), low = _mm512_loadu_si512(products[1] + t * 16);
      sums[t] = gb_accumulate512(high, low, scale, inputs->scales[at + t], sums[t]);
    }
    if (gb_has_minima(kind))
      for (int t = 0; t < count; t++)
        sums[t] = _mm512_fmadd_ps(s.minimum, _mm512_set1_ps(inputs->sums[at + t]), sums[t]);
    if (half == halves - 1) at += count;
  }
  for (int t = 0; t < count; t++) _mm512_storeu_ps(sums_at[t], sums[t]);
}

/** Panels [first, end), at most CHUNK_PANELS, with tokens [token, token + count), at most CHUNK_TOKENS. */
GB_INLINE void multiply_chunk(workspace *w, const gb_job *job, int64_t first, int64_t end, int64_t first_token,
                              int64_t end_token, const int code_bits, const gb_scales kind) {
  const gb_prepared *inputs = &job->inputs;
  for (int64_t panel = first; panel < end; panel++)
    memset(w->sums[panel - first], 0, (size_t)(end_token - first_token) * sizeof w->sums[0][0]);
  for (int64_t block = 0; block < inputs->blocks; block += CHUNK_BLOCKS) {
    const int64_t end_block = block + CHUNK_BLOCKS < inputs->blocks ? block + CHUNK_BLOCKS : inputs->blocks;
    for (int64_t panel = first; panel < end; panel++) {
      const uint8_t *packed = gb_panel(job, panel);
      const uint8_t *scales = gb_panel_scales(job, packed);
      unpack_codes(packed + block * code_bits * GB_GROUP_BYTES, end_block - block, code_bits, job->form->centre,
                   w->codes);
      finish_stores();
      for (int64_t token = first_token; token < end_token; token += GB_TOKEN_GROUP) {
        float(*sums)[GB_PANEL_ROWS] = w->sums[panel - first] + (token - first_token);
        const int64_t count = gb_group_tokens(inputs->tokens, token);
        if (count == GB_TOKEN_GROUP)
          multiply_group(w, inputs, scales, block, end_block, token, GB_TOKEN_GROUP, kind, sums);
        else
          multiply_group(w, inputs, scales, block, end_block, token, (int)count, kind, sums);
      }
    }
  }
  for (int64_t token = first_token; token < end_token; token++)
    for (int64_t panel = first; panel < end; panel++)
      gb_store(job, token, panel, w->sums[panel - first][token - first_token]);
}

static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

GB_INLINE void multiply_panels(const gb_job *job, const int code_bits, const gb_scales kind) {
  _Alignas(64) workspace w;
  configure_tiles(kind == GB_FACTORS_OF_16 ? 16 : 32);
  for (int64_t token = 0; token < job->inputs.tokens; token += CHUNK_TOKENS)
    for (int64_t panel = job->first_panel; panel < job->end_panel; panel += CHUNK_PANELS)
      multiply_chunk(&w, job, panel, least(panel + CHUNK_PANELS, job->end_panel), token,
                     least(token + CHUNK_TOKENS, job->inputs.tokens), code_bits, kind);
  /* Tiles in use would make every change of threads dearer. */
  _tile_release();
}

static void product(const gb_job *job) {
  if (job->inputs.tokens < FEWEST_TOKENS) {
    gb_avx512vnni_kernel.product(job);
    return;
  }
  GB_MULTIPLY_AS_FORM(multiply_panels, job);
}

const gb_kernel gb_amx_kernel = {"amx", is_usable, prepare_token, product};
#endif
