/*
 * Attention of grouped query heads over a cache of half floats. A group of query heads shares a key and a value head:
 *
 *   y[t, q] = sum over keys k <= past + t of softmax(scale * query[t, q] . key[k, q / group]) * value[k, q / group]
 *
 * The cache of a layer, for positions in panels of 16:
 *
 *   keys    half [kv_heads][panels][head_dim][16]           a panel is what sums of 16 positions are computed from at once
 *   values  half [kv_heads][panels * 16][value_width]       head_dim and zeros up to a multiple of 16
 *
 * Keys are looked at in blocks of GB_BLOCK_KEYS at fixed positions. A block leaves a row's state: the largest score, the sum
 * of the weights exp(score - largest), and the values weighted with these. States are merged in the order of the blocks.
 * So a row's bits depend on nothing but the row and what the cache holds before it: on no other rows, on no threads, and on
 * no instruction set, since all add up in the same order.
 */
#ifndef GB_ATTENTION_H
#define GB_ATTENTION_H

#include <stdbool.h>
#include <stdint.h>

/** Positions of a panel. */
#define GB_PANEL_KEYS 16
#define GB_BLOCK_KEYS 128
#define GB_MAX_HEAD_DIM 512

typedef struct gb_attention {
  int64_t tokens;
  /** Tokens in the cache before them. */
  int64_t past;
  int64_t query_heads;
  int64_t kv_heads;
  int64_t head_dim;
  /** Multiplies query . key. */
  float scale;

  /** Rotated leading dimensions of a head, even: pairs (0, 1), (2, 3), ... if interleaved, else (0, d / 2), (1, d / 2 + 1), ... */
  int64_t rotary_dim;
  bool is_interleaved;
  /** [positions, rotary_dim / 2] */
  const float *cos;
  const float *sin;
  int64_t positions;

  /** [head_dim]: RMSNorm over each head before it is rotated; both null: none. */
  const float *query_norm;
  const float *key_norm;
  float epsilon;

  /** [tokens, (query_heads + 2 * kv_heads) * head_dim]: queries, keys and values of a token. */
  const float *x;
  uint16_t *keys;
  uint16_t *values;
  /** That the cache has room for. */
  int64_t panels;
  /** [tokens, query_heads * head_dim] */
  float *y;
} gb_attention;

static inline int64_t gb_value_width(int64_t head_dim) {
  return (head_dim + GB_PANEL_KEYS - 1) / GB_PANEL_KEYS * GB_PANEL_KEYS;
}

#endif
