/* What goes into a cache of latents, and queries' rotated part; compiled once for each instruction set (attention_loop.h). */
#ifndef GB_ENTER_LATENT_H
#define GB_ENTER_LATENT_H

#include "attention_kernel.h"

static void rotate_queries(const gb_latent_attention *latent, int64_t index, int64_t position, float *queries) {
  const gb_attention *a = &latent->attention;
  const int64_t dim = a->key_dim, rank = a->value_dim;
  const float *query = latent->queries + index * latent->query_stride + latent->plain_dim;
  float *row = queries + index * a->query_heads * dim + rank;
  for (int64_t head = 0; head < a->query_heads; head++, query += latent->plain_dim + dim - rank, row += dim)
    rotate(&latent->rotation, query, position, latent->scale, row);
}

static void enter_latent_token(const gb_latent_attention *latent, int64_t token, float *queries) {
  const gb_attention *a = &latent->attention;
  const int64_t rank = a->value_dim, rotary = a->key_dim - rank, position = a->past + token;
  const int64_t query = token - (a->tokens - latent->query_tokens);
  if (query >= 0) rotate_queries(latent, query, position, queries);

  const float *x = latent->latents + token * latent->latent_stride;
  /* Both in whole lanes: the rotated part is put over the latent's last zeros. */
  float floats[GB_MAX_VALUE_DIM];
  uint16_t key[GB_MAX_VALUE_DIM + GB_MAX_ROTARY_DIM];
  gb_norm_row(x, latent->norm, rank, latent->epsilon, floats);
  to_halves(floats, rank, gb_value_width(rank), key);
  float rotated[GB_MAX_ROTARY_DIM];
  rotate(&latent->rotation, x + rank, position, 1, rotated);
  to_halves(rotated, rotary, gb_value_width(rotary), key + rank);
  put_key(a, 0, position, key);
}

static void enter_latent(const gb_latent_attention *latent, int64_t first, int64_t end, float *queries) {
  for (int64_t token = first; token < end; token++) enter_latent_token(latent, token, queries);
}

#endif
