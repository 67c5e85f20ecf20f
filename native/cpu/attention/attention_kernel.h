/* What an instruction set brings for attention. */
#ifndef GB_ATTENTION_KERNEL_H
#define GB_ATTENTION_KERNEL_H

#include "grouped.h"
#include "latent.h"

/*
 * Queries of a key head are rows [tokens * group][key_dim], a token's group side by side. A state is
 * [largest score, sum of weights, 14 unused][value_width], in floats.
 */
#define GB_STATE_VALUES 16
/** Rows that gb_attention_kernel.attend takes at once. */
#define GB_MOST_ROWS 8

typedef struct gb_attention_kernel {
  /**
   * Norms, rotates and scales the queries of the tokens [first, end) into `queries` [kv_heads][tokens * group][key_dim], and
   * puts their keys, normed and rotated, and their values into the cache. What a half cannot hold becomes the largest one.
   */
  void (*enter_grouped)(const gb_grouped_attention *attention, int64_t first, int64_t end, float *queries);
  /**
   * Puts the tokens [first, end) into the cache, and the rotated and scaled part of their queries into `queries`
   * [tokens * query_heads][key_dim], whose latent dimensions are left.
   */
  void (*enter_latent)(const gb_latent_attention *attention, int64_t first, int64_t end, float *queries);
  void (*multiply_panels)(const gb_panel_product *product);
  /**
   * The states of `rows` queries from row `row` of a key head on after one block of keys, of which each of them sees at
   * least one. `queries` are these rows.
   */
  void (*attend)(const gb_attention *attention, const float *queries, int64_t head, int64_t row, int rows, int64_t block,
                 float *states);
  /** What a row has seen in both. */
  void (*merge)(const gb_attention *attention, float *state, const float *next);
  /** y of a row. */
  void (*finish)(const gb_attention *attention, int64_t head, int64_t row, const float *state);
} gb_attention_kernel;

/** Each in a file of its own. */
extern const gb_attention_kernel gb_attention_plain;
#if defined(__x86_64__)
extern const gb_attention_kernel gb_attention_avx2;
extern const gb_attention_kernel gb_attention_avx512;
#elif defined(__aarch64__)
extern const gb_attention_kernel gb_attention_neon;
#endif

/** The one for the instruction set in use. */
const gb_attention_kernel *gb_current_attention(void);

static inline int64_t gb_group(const gb_attention *attention) { return attention->query_heads / attention->kv_heads; }

/** Floats of a state. */
static inline int64_t gb_state_floats(const gb_attention *attention) {
  return GB_STATE_VALUES + gb_value_width(attention->value_dim);
}

/** Keys that a row sees. */
static inline int64_t gb_keys_seen(const gb_attention *attention, int64_t row) {
  return attention->past + row / gb_group(attention) + 1;
}

/** Blocks that a row sees. */
static inline int64_t gb_blocks_seen(const gb_attention *attention, int64_t row) {
  return (gb_keys_seen(attention, row) + GB_BLOCK_KEYS - 1) / GB_BLOCK_KEYS;
}

#endif
