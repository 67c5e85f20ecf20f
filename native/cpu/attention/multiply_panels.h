/* Products of rows with panels of floats; compiled once for each instruction set (attention_loop.h). */
#ifndef GB_MULTIPLY_PANELS_H
#define GB_MULTIPLY_PANELS_H

#include <string.h>

#include "attention_kernel.h"
#include "tiles.h"

/** `rows` rows with `lanes` panels side by side, each sum a chain over the dimensions. */
GB_INLINE void panel_tile(const gb_panel_product *p, int64_t row, int64_t panel, const int rows, const int lanes) {
  const int64_t dim = p->dim, column = panel * GB_LANES;
  const float *x = p->x + row * p->x_stride, *panels = p->panels + column * dim;
  gb_lanes sums[GB_MOST_ROWS][4];
  GB_UNROLL for (int r = 0; r < rows; r++) GB_UNROLL for (int l = 0; l < lanes; l++) sums[r][l] = gb_lanes_of(0);
  for (int64_t i = 0; i < dim; i++) {
    gb_lanes weights[4];
    GB_UNROLL for (int l = 0; l < lanes; l++) weights[l] = gb_load(panels + (l * dim + i) * GB_LANES);
    GB_UNROLL for (int r = 0; r < rows; r++) {
      const gb_lanes value = gb_lanes_of(x[r * p->x_stride + i]);
      GB_UNROLL for (int l = 0; l < lanes; l++) sums[r][l] = gb_multiply_add(value, weights[l], sums[r][l]);
    }
  }
  const gb_lanes factor = gb_lanes_of(p->factor), zero = gb_lanes_of(0);
  GB_UNROLL for (int r = 0; r < rows; r++) GB_UNROLL for (int l = 0; l < lanes; l++) {
    float *y = p->y + (row + r) * p->y_stride + column + l * GB_LANES;
    const gb_lanes scaled = gb_multiply_add(sums[r][l], factor, zero);
    const int64_t left = p->columns - column - l * GB_LANES;
    if (left >= GB_LANES) {
      gb_store_lanes(y, scaled);
    } else {
      float last[GB_LANES];
      gb_store_lanes(last, scaled);
      memcpy(y, last, (size_t)left * sizeof *y);
    }
  }
}

GB_INLINE void multiply_rows(const gb_panel_product *p, int64_t row, const int rows) {
  const int lanes = TILE_LANES(rows);
  const int64_t panels = gb_column_panels(p->columns);
  int64_t panel = 0;
  for (; panel + lanes <= panels; panel += lanes) panel_tile(p, row, panel, rows, lanes);
  for (; panel < panels; panel++) panel_tile(p, row, panel, rows, 1);
}

static void multiply_panels(const gb_panel_product *p) {
  for (int64_t row = 0; row < p->rows; row += TILE_ROWS)
    WITH_ROWS(tile_rows((int)(p->rows - row < GB_MOST_ROWS ? p->rows - row : GB_MOST_ROWS)), multiply_rows(p, row, ROWS));
}

#endif
