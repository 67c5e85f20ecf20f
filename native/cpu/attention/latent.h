/*
 * Multi-head latent attention in its absorbed form (DeepSeek-V2, arXiv 2405.04434, section 2.1.2). A token brings one vector,
 * `latent_dim` wide, and one key to be rotated, which all heads share. With a head's matrices key_up and value_up:
 *
 *   query . key   = plain . (key_up latent) + rotated . rotated key = [key_up^T plain | rotated] . [latent | rotated key]
 *   sum of values = value_up (sum of latents)
 *
 * So queries go into the latent space, where all heads attend with one key head, [latent | rotated key], and one value head,
 * the latent; only the weighted sums are turned into values.
 */
#ifndef GB_LATENT_H
#define GB_LATENT_H

#include "attention.h"

/**
 * `kv_heads` is 1, `key_dim` latent and rotated dimensions, `value_dim` the latent's. The cache holds keys only, of which the latents are a part:
 * `values` are made from them for a run, `y` are the weighted sums of latents, and both are left out.
 */
typedef struct gb_latent_attention {
  gb_attention attention;
  /** Of the last dimensions of queries and keys. */
  gb_rotation rotation;
  /** Multiplies query . key. */
  float scale;
  /** [latent_dim]: RMSNorm of the latent. */
  const float *norm;
  float epsilon;
  /** Of a query head, before those that are rotated. */
  int64_t plain_dim;
  int64_t value_dim;

  /** The last so many of the tokens look at the cache, 1 or more; those before them are only entered. */
  int64_t query_tokens;
  /** [query_tokens, query_heads * (plain and rotated dimensions)], a row every `query_stride` floats. */
  const float *queries;
  int64_t query_stride;
  /** [tokens, latent and rotated dimensions], a row every `latent_stride` floats. */
  const float *latents;
  int64_t latent_stride;
  /** [query_heads][latent_dim / 16, rounded up][plain_dim][16]: panels of 16 columns, as keys have them. */
  const float *key_up;
  /** [query_heads][value_dim / 16, rounded up][latent_dim][16] */
  const float *value_up;
  /** [query_tokens, query_heads * value_dim] */
  float *y;
} gb_latent_attention;

/** Rows and panels of floats that a kernel multiplies: y[row][16 p + i] = factor * sum over d of x[row][d] * panels[p][d][i]. */
typedef struct gb_panel_product {
  const float *x;
  int64_t x_stride;
  int64_t rows;
  int64_t dim;
  const float *panels;
  /** Of y; those that the last panel has beyond them are not written. */
  int64_t columns;
  float factor;
  float *y;
  int64_t y_stride;
} gb_panel_product;

static inline int64_t gb_column_panels(int64_t columns) { return (columns + GB_PANEL_KEYS - 1) / GB_PANEL_KEYS; }

#endif
