/*
 * Attention over lanes of 16 floats, written once. Each instruction set has a file that includes its lanes and then this, with
 *
 *   GB_ATTENTION_KERNEL  the name of what it brings
 *   GB_SUMS              how many lanes of sums stay in registers, beside those that they are made of
 *
 * However rows and panels are cut into tiles, and whatever a compiler makes of the plain loops, bits are the same: each sum is a
 * chain of its own, in one order.
 */
#include <math.h>
#include <string.h>

#include "../source/exponential.h"
#include "attention_kernel.h"
#include "tiles.h"

#include "entering.h"
#include "enter_grouped.h"
#include "enter_latent.h"
#include "multiply_panels.h"
#include "weigh.h"

/* --- a block --- */

/** Scores of `rows` queries with panels side by side: scores[row * GB_BLOCK_KEYS + key]. */
GB_INLINE void score_tile(const float *queries, const uint16_t *keys, int64_t dim, const int rows, const int panels,
                          float *scores) {
  gb_lanes sums[GB_MOST_ROWS][4];
  GB_UNROLL for (int r = 0; r < rows; r++) GB_UNROLL for (int p = 0; p < panels; p++) sums[r][p] = gb_lanes_of(0);
  for (int64_t i = 0; i < dim; i++) {
    gb_lanes key[4];
    GB_UNROLL for (int p = 0; p < panels; p++) key[p] = gb_load_halves(keys + (p * dim + i) * GB_PANEL_KEYS);
    GB_UNROLL for (int r = 0; r < rows; r++) {
      const gb_lanes query = gb_lanes_of(queries[r * dim + i]);
      GB_UNROLL for (int p = 0; p < panels; p++) sums[r][p] = gb_multiply_add(query, key[p], sums[r][p]);
    }
  }
  GB_UNROLL for (int r = 0; r < rows; r++) GB_UNROLL for (int p = 0; p < panels; p++)
    gb_store_lanes(scores + r * GB_BLOCK_KEYS + p * GB_PANEL_KEYS, sums[r][p]);
}

GB_INLINE void score_rows(const float *queries, const uint16_t *keys, int64_t dim, int64_t panels, const int rows,
                          float *scores) {
  const int lanes = TILE_LANES(rows);
  int64_t panel = 0;
  for (; panel + lanes <= panels; panel += lanes)
    score_tile(queries, keys + panel * dim * GB_PANEL_KEYS, dim, rows, lanes, scores + panel * GB_PANEL_KEYS);
  for (; panel < panels; panel++)
    score_tile(queries, keys + panel * dim * GB_PANEL_KEYS, dim, rows, 1, scores + panel * GB_PANEL_KEYS);
}

/** sums[row * stride + column] += weights[row * GB_BLOCK_KEYS + key] * values[key * width + column], key after key. */
GB_INLINE void value_tile(const float *weights, const uint16_t *values, int64_t width, int64_t first, int64_t end,
                          const int rows, const int lanes, float *sums, int64_t stride) {
  gb_lanes sum[GB_MOST_ROWS][4];
  GB_UNROLL for (int r = 0; r < rows; r++) GB_UNROLL for (int l = 0; l < lanes; l++)
    sum[r][l] = gb_load(sums + r * stride + l * GB_LANES);
  for (int64_t key = first; key < end; key++) {
    gb_lanes value[4];
    GB_UNROLL for (int l = 0; l < lanes; l++) value[l] = gb_load_halves(values + key * width + l * GB_LANES);
    GB_UNROLL for (int r = 0; r < rows; r++) {
      const gb_lanes weight = gb_lanes_of(weights[r * GB_BLOCK_KEYS + key]);
      GB_UNROLL for (int l = 0; l < lanes; l++) sum[r][l] = gb_multiply_add(weight, value[l], sum[r][l]);
    }
  }
  GB_UNROLL for (int r = 0; r < rows; r++) GB_UNROLL for (int l = 0; l < lanes; l++)
    gb_store_lanes(sums + r * stride + l * GB_LANES, sum[r][l]);
}

GB_INLINE void value_rows(const float *weights, const uint16_t *values, int64_t width, int64_t first, int64_t end,
                          const int rows, float *sums, int64_t stride) {
  const int lanes = TILE_LANES(rows);
  int64_t column = 0;
  for (; column + lanes * GB_LANES <= width; column += lanes * GB_LANES)
    value_tile(weights, values + column, width, first, end, rows, lanes, sums + column, stride);
  for (; column < width; column += GB_LANES)
    value_tile(weights, values + column, width, first, end, rows, 1, sums + column, stride);
}

static void attend(const gb_attention *a, const float *queries, int64_t head, int64_t row, int rows, int64_t block,
                   float *states) {
  const int64_t dim = a->key_dim, width = gb_value_width(a->value_dim), stride = gb_state_floats(a);
  const int64_t first = block * GB_BLOCK_KEYS;
  int64_t seen[GB_MOST_ROWS] = {0};
  for (int r = 0; r < rows; r++) {
    const int64_t keys = gb_keys_seen(a, row + r) - first;
    seen[r] = keys < GB_BLOCK_KEYS ? keys : GB_BLOCK_KEYS;
  }
  const uint16_t *keys = a->keys + (head * a->panels * GB_PANEL_KEYS + first) * dim;
  const uint16_t *values = a->values + (head * a->panels * GB_PANEL_KEYS + first) * width;
  const int64_t panels = (seen[rows - 1] + GB_PANEL_KEYS - 1) / GB_PANEL_KEYS;
  float weights[GB_MOST_ROWS * GB_BLOCK_KEYS];
  for (int from = 0; from < rows; from += TILE_ROWS)
    WITH_ROWS(tile_rows(rows - from), score_rows(queries + from * dim, keys, dim, panels, ROWS, weights + from * GB_BLOCK_KEYS));
  weigh(weights, seen, rows, states, stride);
  for (int r = 0; r < rows; r++) memset(states + r * stride + GB_STATE_VALUES, 0, (size_t)width * sizeof *states);
  /* Later rows see more. What all rows of a tile see is read once. */
  for (int from = 0; from < rows; from += TILE_ROWS) {
    const int count = tile_rows(rows - from);
    const float *tile = weights + from * GB_BLOCK_KEYS;
    float *sums = states + from * stride + GB_STATE_VALUES;
    WITH_ROWS(count, value_rows(tile, values, width, 0, seen[from], ROWS, sums, stride));
    for (int r = 1; r < count; r++)
      value_rows(tile + r * GB_BLOCK_KEYS, values, width, seen[from], seen[from + r], 1, sums + r * stride, stride);
  }
}

/* --- states --- */

static void merge(const gb_attention *a, float *restrict state, const float *restrict next) {
  const float most = next[0] > state[0] ? next[0] : state[0];
  const float here = gb_exponential(state[0] - most), there = gb_exponential(next[0] - most);
  state[0] = most;
  const int64_t end = gb_state_floats(a);
  state[1] = state[1] * here + next[1] * there;
  for (int64_t i = GB_STATE_VALUES; i < end; i++) state[i] = state[i] * here + next[i] * there;
}

static void finish(const gb_attention *a, int64_t head, int64_t row, const float *state) {
  const int64_t dim = a->value_dim, group = gb_group(a);
  float *restrict y = a->y + (row / group * a->query_heads + head * group + row % group) * dim;
  const float inverse = 1.0f / state[1];
  const float *restrict values = state + GB_STATE_VALUES;
  for (int64_t i = 0; i < dim; i++) y[i] = values[i] * inverse;
}

const gb_attention_kernel GB_ATTENTION_KERNEL = {enter_grouped, enter_latent, multiply_panels,
                                                 attend,        merge,        finish};
