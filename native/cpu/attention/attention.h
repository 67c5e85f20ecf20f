/*
 * Attention of query heads over a cache of half floats. A group of query heads shares a key and a value head:
 *
 *   y[t, q] = sum over keys k <= past + t of softmax(query[t, q] . key[k, q / group]) * value[k, q / group]
 *
 * The cache of a layer, for positions in panels of 16:
 *
 *   keys    half [kv_heads][panels][key_dim][16]            a panel is what sums of 16 positions are computed from at once
 *   values  half [kv_heads][panels * 16][value_width]       value_dim and zeros up to a multiple of 16
 *
 * Keys are looked at in blocks of GB_BLOCK_KEYS at fixed positions. A block leaves a row's state: the largest score, the sum
 * of the weights exp(score - largest), and the values weighted with these. States are merged in the order of the blocks.
 * So a row's bits depend on nothing but the row and what the cache holds before it: on no other rows, on no threads, and on
 * no instruction set, since all add up in the same order.
 *
 * What makes queries and enters tokens into the cache: grouped.h, latent.h.
 */
#ifndef GB_ATTENTION_H
#define GB_ATTENTION_H

#include <stdbool.h>
#include <stdint.h>

/** Positions of a panel. */
#define GB_PANEL_KEYS 16
#define GB_BLOCK_KEYS 128
#define GB_MAX_VALUE_DIM 512
/** Of latent attention. */
#define GB_MAX_ROTARY_DIM 512

typedef struct gb_attention {
  int64_t tokens;
  /** Tokens in the cache before them. */
  int64_t past;
  int64_t query_heads;
  int64_t kv_heads;
  int64_t key_dim;
  int64_t value_dim;
  uint16_t *keys;
  uint16_t *values;
  /** That the cache has room for. */
  int64_t panels;
  /** [tokens, query_heads * value_dim] */
  float *y;
} gb_attention;

/** What turns queries and keys, by position. */
typedef struct gb_rotation {
  /** Of dimensions: (0, 1), (2, 3), ... if interleaved, else (0, pairs), (1, pairs + 1), ... */
  int64_t pairs;
  bool is_interleaved;
  /** [positions, pairs] */
  const float *cos;
  const float *sin;
  int64_t positions;
} gb_rotation;

static inline int64_t gb_value_width(int64_t value_dim) {
  return (value_dim + GB_PANEL_KEYS - 1) / GB_PANEL_KEYS * GB_PANEL_KEYS;
}

#endif
