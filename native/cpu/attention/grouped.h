/* Attention whose tokens bring a key and a value for each key head. */
#ifndef GB_GROUPED_H
#define GB_GROUPED_H

#include "attention.h"

/** `key_dim` and `value_dim` are those of a head. */
typedef struct gb_grouped_attention {
  gb_attention attention;
  /** Of the leading dimensions of a head. */
  gb_rotation rotation;
  /** Multiplies query . key. */
  float scale;
  /** [key_dim]: RMSNorm over each head before it is rotated; both null: none. */
  const float *query_norm;
  const float *key_norm;
  float epsilon;
  /** [tokens, (query_heads + 2 * kv_heads) * key_dim]: queries, keys and values of a token. */
  const float *x;
} gb_grouped_attention;

#endif
