/*
 * AVX-512 with VNNI: up to four tokens and two panels at a time, sums in registers. For one token this reads weights as
 * fast as memory gives them. For many it is bound by vpdpbusd, of which a processor does two a cycle; that it does so takes
 * two panels, because an input that is loaded for one panel alone costs as many loads as products. Memory is asked for the next
 * blocks all the while: what the first four tokens find in a near cache must not wait until the last four are done.
 */
#include "kernel.h"

#if defined(__x86_64__)
#include "for_each_form.h"
#include "multiply512.h"
#include "prepare_two_blocks512.h"
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

/** How far ahead of its use a lone token, or a prompt, asks for memory: some microseconds at the speed of memory. */
#define AHEAD_BYTES 4096

/**
 * Blocks of two panels that meet all of a few tokens, four after four, before the next blocks do; and how far ahead they ask for
 * memory. These blocks of four-bit codes, the next ones and eight tokens' inputs are 26 KB: they fit the first cache.
 */
#define STRETCH_BLOCKS 16

/** gb_store in vectors. */
GB_INLINE void store(const gb_job *job, int64_t token, int64_t panel, __m512 sums) {
  const int64_t at = token * job->output.stride + panel * GB_PANEL_ROWS;
  const __mmask16 rows = (__mmask16)((1u << gb_panel_rows(job, panel)) - 1);
  if (job->output.addend) sums = _mm512_add_ps(_mm512_maskz_loadu_ps(rows, job->output.addend + at), sums);
  _mm512_mask_storeu_ps(job->output.y + at, rows, sums);
}

/** What is asked of memory while some panels are multiplied. */
typedef enum asking {
  /** Those who came before have asked. */
  ASKS_NOTHING,
  ASKS_STRAIGHT,
  ASKS_CHAINED
} asking;

/**
 * `count` tokens of one group from `token` on with `panels` whole panels: a lone token, or a part of a prompt. `chains`: what is read
 * behind the last panel is asked for; in long panels even that much arithmetic in front of a request for memory costs a lone token
 * five percent.
 */
GB_INLINE void multiply_whole(const gb_job *job, int64_t index, const int panels, int64_t token, const int count,
                              const int code_bits, const gb_scales kind, const asking asks) {
  const int64_t tokens = job->inputs.tokens, blocks = job->inputs.blocks, bytes_each = job->panel_bytes / blocks;
  const int64_t step = gb_group_tokens(tokens, token / GB_TOKEN_GROUP * GB_TOKEN_GROUP);
  const beside from = panels_from(job, index);
  int64_t at = gb_input_index(tokens, blocks, token, 0);
  gb_scales512 s[MAX_PANELS];
  __m512 sums[MAX_PANELS][MAX_TOGETHER];
  GB_UNROLL for (int p = 0; p < panels; p++) {
    s[p] = gb_no_scales512();
    GB_UNROLL for (int t = 0; t < count; t++) sums[p][t] = _mm512_setzero_ps();
  }
  for (int64_t block = 0; block < blocks; block++, at += step) {
    const int64_t ahead = block * bytes_each + AHEAD_BYTES;
    /* Behind a panel's end lies the one at hand beside it, behind that the next. */
    const uint8_t *wanted = from.panel + ahead + (ahead < job->panel_bytes ? 0 : (panels - 1) * job->panel_bytes);
    GB_UNROLL for (int p = 0; p < panels; p++) {
      if (asks == ASKS_NOTHING) break;
      const uint8_t *of_panel = wanted + p * job->panel_bytes;
      const int64_t jump = asks == ASKS_CHAINED && of_panel >= job->end ? job->next - job->end : 0;
      GB_UNROLL for (int64_t line = 0; line < code_bits * GB_GROUP_BYTES + 64; line += 64)
        _mm_prefetch((const char *)of_panel + jump + line, _MM_HINT_T0);
    }
    multiply_block(job, from, panels, block, at, count, code_bits, kind, s, sums);
  }
  GB_UNROLL for (int p = 0; p < panels; p++)
    GB_UNROLL for (int t = 0; t < count; t++) store(job, token + t, index + p, sums[p][t]);
}

/** The tokens of one of several groups, as many at a time as fill the registers. */
GB_INLINE void multiply_group_of_many(const gb_job *job, int64_t panel, const int panels, int64_t token, int64_t end,
                                      const int code_bits, const gb_scales kind) {
  for (; token + 4 <= end; token += 4) multiply_whole(job, panel, panels, token, 4, code_bits, kind, ASKS_STRAIGHT);
  switch (end - token) {
  case 3: multiply_whole(job, panel, panels, token, 3, code_bits, kind, ASKS_STRAIGHT); break;
  case 2: multiply_whole(job, panel, panels, token, 2, code_bits, kind, ASKS_STRAIGHT); break;
  case 1: multiply_whole(job, panel, panels, token, 1, code_bits, kind, ASKS_STRAIGHT); break;
  }
}

/** Some blocks of panels, and what memory is asked for meanwhile: for each of them a block, of one panel or of all. */
typedef struct stretch {
  beside from;
  int64_t first_block;
  int64_t end_block;
  /** Of the first panel and block that are asked for. */
  const uint8_t *asked_codes;
  const uint8_t *asked_scales;
  bool asks_all;
} stretch;

/** Sums of a few tokens between two stretches. */
typedef float kept_sums[MAX_PANELS][GB_TOKEN_GROUP][GB_PANEL_ROWS];

/** `count` tokens from `token` on with a stretch of `panels` panels. */
GB_INLINE void multiply_stretch(const gb_job *job, const stretch *part, const int panels, int64_t token,
                                const int count, const int code_bits, const gb_scales kind, kept_sums kept) {
  const int64_t tokens = job->inputs.tokens;
  const int64_t scale_bytes = gb_scale_bytes(kind, GB_SUPER_BLOCKS) / GB_SUPER_BLOCKS;
  /* Copied: what is behind a pointer would be read again for each block. */
  const beside from = part->from;
  const int64_t end_block = part->end_block;
  const uint8_t *asked_codes = part->asked_codes, *asked_scales = part->asked_scales;
  const bool asks_all = part->asks_all;
  int64_t at = part->first_block * tokens + token;
  gb_scales512 s[MAX_PANELS];
  __m512 sums[MAX_PANELS][MAX_TOGETHER];
  GB_UNROLL for (int p = 0; p < panels; p++) {
    s[p] = gb_no_scales512();
    GB_UNROLL for (int t = 0; t < count; t++) sums[p][t] = _mm512_load_ps(kept[p][token + t]);
  }
  for (int64_t block = part->first_block; block < end_block; block++, at += tokens) {
    GB_UNROLL for (int p = 0; p < panels; p++) {
      if (p > 0 && !asks_all) break;
      GB_UNROLL for (int line = 0; line < code_bits; line++)
        _mm_prefetch((const char *)asked_codes + p * job->panel_bytes + line * 64, _MM_HINT_T0);
      _mm_prefetch((const char *)asked_scales + p * job->panel_bytes, _MM_HINT_T0);
    }
    asked_codes += code_bits * GB_GROUP_BYTES;
    asked_scales += scale_bytes;
    multiply_block(job, from, panels, block, at, count, code_bits, kind, s, sums);
  }
  GB_UNROLL for (int p = 0; p < panels; p++)
    GB_UNROLL for (int t = 0; t < count; t++) _mm512_store_ps(kept[p][token + t], sums[p][t]);
}

/** All tokens, which are one group, with `panels` panels. */
GB_INLINE void multiply_few(const gb_job *job, int64_t panel, const int panels, const int code_bits,
                            const gb_scales kind) {
  const int64_t tokens = job->inputs.tokens, blocks = job->inputs.blocks;
  const int64_t ahead = blocks < STRETCH_BLOCKS ? blocks : STRETCH_BLOCKS;
  const int64_t scale_bytes = gb_scale_bytes(kind, GB_SUPER_BLOCKS) / GB_SUPER_BLOCKS;
  _Alignas(64) kept_sums kept = {0};
  const beside from = panels_from(job, panel);
  const uint8_t *next = panel + panels < job->end_panel ? gb_panel(job, panel + panels) : job->next;
  stretch part = {.from = from, .asks_all = tokens <= MAX_TOGETHER};
  for (int64_t block = 0; block < blocks; block = part.end_block) {
    part.first_block = block;
    /* If one must be short, the first: then no stretch asks for blocks on both sides of the panels' end. */
    part.end_block = block + (blocks - block - 1) % ahead + 1;
    const bool is_last = part.end_block == blocks;
    const uint8_t *asked = is_last ? next : from.panel;
    const int64_t wanted = block + ahead - (is_last ? blocks : 0);
    part.asked_codes = asked + wanted * code_bits * GB_GROUP_BYTES;
    part.asked_scales = gb_panel_scales(job, asked) + wanted * scale_bytes;
    int64_t token = 0;
    for (; token + 4 <= tokens; token += 4) {
      multiply_stretch(job, &part, panels, token, 4, code_bits, kind, kept);
      /* Four tokens ask for one panel, the next four for the other: memory works all the time. */
      part.asked_codes += job->panel_bytes;
      part.asked_scales += job->panel_bytes;
    }
    switch (tokens - token) {
    case 3: multiply_stretch(job, &part, panels, token, 3, code_bits, kind, kept); break;
    case 2: multiply_stretch(job, &part, panels, token, 2, code_bits, kind, kept); break;
    case 1: multiply_stretch(job, &part, panels, token, 1, code_bits, kind, kept); break;
    }
  }
  for (int p = 0; p < panels; p++)
    for (int64_t token = 0; token < tokens; token++)
      store(job, token, panel + p, _mm512_load_ps(kept[p][token]));
}

/** Panels that meet a group of a prompt's tokens before the next does: all of them and the group's inputs fit the second cache. */
#define NEAR_PANELS 4

GB_INLINE void multiply_many(const gb_job *job, const int code_bits, const gb_scales kind) {
  const int64_t tokens = job->inputs.tokens;
  for (int64_t first = job->first_panel; first < job->end_panel; first += NEAR_PANELS) {
    const int64_t end = first + NEAR_PANELS < job->end_panel ? first + NEAR_PANELS : job->end_panel;
    for (int64_t token = 0; token < tokens; token += GB_TOKEN_GROUP) {
      const int64_t end_token = token + gb_group_tokens(tokens, token);
      int64_t panel = first;
      for (; panel + 2 <= end; panel += 2) multiply_group_of_many(job, panel, 2, token, end_token, code_bits, kind);
      if (panel < end) multiply_group_of_many(job, panel, 1, token, end_token, code_bits, kind);
    }
  }
}

/** A few tokens with `panels` short panels: the first four ask for memory. */
GB_INLINE void multiply_short(const gb_job *job, int64_t panel, const int panels, const int code_bits, const gb_scales kind) {
  const int64_t tokens = job->inputs.tokens;
  switch (tokens) {
  case 2: multiply_whole(job, panel, panels, 0, 2, code_bits, kind, ASKS_CHAINED); return;
  case 3: multiply_whole(job, panel, panels, 0, 3, code_bits, kind, ASKS_CHAINED); return;
  }
  multiply_whole(job, panel, panels, 0, 4, code_bits, kind, ASKS_CHAINED);
  int64_t token = 4;
  for (; token + 4 <= tokens; token += 4) multiply_whole(job, panel, panels, token, 4, code_bits, kind, ASKS_NOTHING);
  switch (tokens - token) {
  case 3: multiply_whole(job, panel, panels, token, 3, code_bits, kind, ASKS_NOTHING); break;
  case 2: multiply_whole(job, panel, panels, token, 2, code_bits, kind, ASKS_NOTHING); break;
  case 1: multiply_whole(job, panel, panels, token, 1, code_bits, kind, ASKS_NOTHING); break;
  }
}

GB_INLINE void multiply_panels(const gb_job *job, const int code_bits, const gb_scales kind) {
  int64_t panel = job->first_panel;
  if (job->inputs.tokens == 1) {
    /* Where memory is the bound, it gives one stream sooner than two. What is asked for at once holds two short panels anyway. */
    if (job->panel_bytes < AHEAD_BYTES)
      for (; panel + 2 <= job->end_panel; panel += 2) multiply_whole(job, panel, 2, 0, 1, code_bits, kind, ASKS_CHAINED);
    for (; panel < job->end_panel; panel++) multiply_whole(job, panel, 1, 0, 1, code_bits, kind, ASKS_STRAIGHT);
  } else if (job->inputs.tokens <= GB_TOKEN_GROUP && job->panel_bytes >= AHEAD_BYTES) {
    for (; panel + 2 <= job->end_panel; panel += 2) multiply_few(job, panel, 2, code_bits, kind);
    if (panel < job->end_panel) multiply_few(job, panel, 1, code_bits, kind);
  } else {
    multiply_many(job, code_bits, kind);
  }
}

GB_INLINE void multiply_short_panels(const gb_job *job, const int code_bits, const gb_scales kind) {
  int64_t panel = job->first_panel;
  for (; panel + 2 <= job->end_panel; panel += 2) multiply_short(job, panel, 2, code_bits, kind);
  if (panel < job->end_panel) multiply_short(job, panel, 1, code_bits, kind);
}

/* A function of its own: beside these loops GCC keeps less of long panels' in registers, which takes eight tokens 3 to 9 percent longer. */
static __attribute__((noinline)) void short_product(const gb_job *job) {
  GB_MULTIPLY_AS_FORM(multiply_short_panels, job);
}

static void product(const gb_job *job) {
  const int64_t tokens = job->inputs.tokens;
  if (tokens > 1 && tokens <= GB_TOKEN_GROUP && job->panel_bytes < AHEAD_BYTES)
    short_product(job);
  else
    GB_MULTIPLY_AS_FORM(multiply_panels, job);
}

const gb_kernel gb_avx512vnni_kernel = {"avx512vnni", is_usable, prepare_token, product};
#endif
