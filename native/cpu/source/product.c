#include "chained_product.h"
#include "kernel.h"

int32_t gb_chained_product(const gb_matrix *matrix, const gb_inputs *inputs, int64_t first_panel, int64_t end_panel,
                           const gb_output *output, const void *next) {
  if (!matrix || !inputs || !output) return GB_BAD_MEMORY;
  const gb_form *form = gb_form_of(matrix->type);
  if (!form) return GB_UNKNOWN_TYPE;
  if (!gb_is_shape(form, matrix->rows, matrix->columns) || !gb_is_inputs_shape(inputs->tokens, inputs->columns) ||
      output->stride < matrix->rows)
    return GB_BAD_SHAPE;
  if (matrix->columns != inputs->columns) return GB_MISMATCH;
  if (first_panel < 0 || first_panel > end_panel || end_panel > gb_panels(matrix->rows)) return GB_BAD_RANGE;
  if (!matrix->packed || !gb_is_aligned(matrix->packed) ||
      matrix->packed_bytes < gb_packed_bytes(matrix->type, matrix->rows, matrix->columns) || !inputs->data ||
      !gb_is_aligned(inputs->data) || inputs->data_bytes < gb_inputs_bytes(inputs->tokens, inputs->columns) ||
      !output->y)
    return GB_BAD_MEMORY;
  const int64_t panel_bytes = gb_panel_bytes(form, matrix->columns / GB_BLOCK);
  const uint8_t *packed = matrix->packed, *end = packed + end_panel * panel_bytes;
  const gb_job job = {
      .form = form,
      .packed = packed,
      .panel_bytes = panel_bytes,
      .rows = matrix->rows,
      .first_panel = first_panel,
      .end_panel = end_panel,
      .end = end,
      .next = next ? next : end,
      .inputs = gb_locate_inputs(inputs->tokens, inputs->columns, inputs->data),
      .output = *output,
  };
  if (first_panel < end_panel) gb_current_kernel()->product(&job);
  return GB_OK;
}

int32_t gb_product(const gb_matrix *matrix, const gb_inputs *inputs, int64_t first_panel, int64_t end_panel,
                   const gb_output *output) {
  return gb_chained_product(matrix, inputs, first_panel, end_panel, output, NULL);
}
