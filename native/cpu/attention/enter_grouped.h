/* Queries of grouped heads, and what goes into their cache; compiled once for each instruction set (attention_loop.h). */
#ifndef GB_ENTER_GROUPED_H
#define GB_ENTER_GROUPED_H

#include <string.h>

#include "attention_kernel.h"

/** A head, normed, rotated for its position, and times `scale`. */
static void turn(const gb_grouped_attention *grouped, const float *restrict x, const float *restrict norm,
                 int64_t position, float scale, float *restrict out) {
  const int64_t dim = grouped->attention.key_dim;
  float normed[GB_MAX_VALUE_DIM];
  if (norm) {
    gb_norm_row(x, norm, dim, grouped->epsilon, normed);
    x = normed;
  }
  rotate(&grouped->rotation, x, position, scale, out);
  for (int64_t i = 2 * grouped->rotation.pairs; i < dim; i++) out[i] = x[i] * scale;
}

static void enter_grouped_token(const gb_grouped_attention *grouped, int64_t token, float *queries) {
  const gb_attention *a = &grouped->attention;
  const int64_t dim = a->key_dim, group = gb_group(a), width = gb_value_width(dim), position = a->past + token;
  const float *x = grouped->x + token * (a->query_heads + 2 * a->kv_heads) * dim;
  for (int64_t head = 0; head < a->query_heads; head++) {
    const int64_t row = (head / group * a->tokens + token) * group + head % group;
    turn(grouped, x + head * dim, grouped->query_norm, position, grouped->scale, queries + row * dim);
  }
  const float *key = x + a->query_heads * dim, *value = key + a->kv_heads * dim;
  for (int64_t head = 0; head < a->kv_heads; head++, key += dim, value += dim) {
    float floats[GB_MAX_VALUE_DIM];
    uint16_t halves[GB_MAX_VALUE_DIM];
    turn(grouped, key, grouped->key_norm, position, 1, floats);
    to_halves(floats, dim, width, halves);
    put_key(a, head, position, halves);
    memcpy(floats, value, (size_t)dim * sizeof *floats);
    to_halves(floats, dim, width, value_at(a, head, position));
  }
}

static void enter_grouped(const gb_grouped_attention *grouped, int64_t first, int64_t end, float *queries) {
  for (int64_t token = first; token < end; token++) enter_grouped_token(grouped, token, queries);
}

#endif
