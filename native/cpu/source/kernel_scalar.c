/* Plain C, for processors without anything better, and the twin that the other kernels are compared with. */
#include "kernel.h"
#include "prepare_block.h"
#include "row_scales.h"

static bool is_usable(void) { return true; }

static void prepare_token(const float *x, const gb_prepared *inputs, int64_t token) {
  gb_prepare_token(x, inputs, token);
}

/** Codes of a row times the inputs' codes, over 16 columns. */
static int32_t dot16(const gb_form *form, const uint8_t *codes, int row, int first, const int8_t *parts) {
  int32_t high = 0, low = 0;
  for (int column = first; column < first + 16; column++) {
    const int32_t code = gb_read_code(form->code_bits, codes, row, column) - form->centre;
    high += code * parts[column];
    low += code * parts[GB_BLOCK + column];
  }
  return 16 * high + low;
}

static float row_product(const gb_job *job, const uint8_t *panel, int row, int64_t token) {
  const gb_form *form = job->form;
  const gb_prepared *inputs = &job->inputs;
  const uint8_t *scales = gb_panel_scales(job, panel);
  float sum = 0;
  for (int64_t block = 0; block < inputs->blocks; block++) {
    const int64_t at = gb_input_index(inputs->tokens, inputs->blocks, token, block);
    const int8_t *parts = inputs->parts + at * GB_PARTS_BYTES;
    const uint8_t *codes = panel + block * gb_code_bytes(form);
    const gb_row_scales row_scales = gb_read_row_scales(form->scales, scales, block, row);
    const int32_t first = dot16(form, codes, row, 0, parts), second = dot16(form, codes, row, 16, parts);
    if (form->scales == GB_FACTORS_OF_16) {
      sum = fmaf((float)first, row_scales.scale[0] * inputs->scales[at], sum);
      sum = fmaf((float)second, row_scales.scale[1] * inputs->scales[at], sum);
    } else {
      sum = fmaf((float)(first + second), row_scales.scale[0] * inputs->scales[at], sum);
    }
    if (gb_has_minima(form->scales)) sum = fmaf(row_scales.minimum, inputs->sums[at], sum);
  }
  return sum;
}

static void product(const gb_job *job) {
  for (int64_t panel = job->first_panel; panel < job->end_panel; panel++) {
    for (int64_t token = 0; token < job->inputs.tokens; token++) {
      float sums[GB_PANEL_ROWS] = {0};
      for (int row = 0; row < gb_panel_rows(job, panel); row++)
        sums[row] = row_product(job, gb_panel(job, panel), row, token);
      gb_store(job, token, panel, sums);
    }
  }
}

const gb_kernel gb_scalar_kernel = {"scalar", is_usable, prepare_token, product};
