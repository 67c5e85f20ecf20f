#include "form.h"

/* Block structures: ggml's ggml-common.h and the GGUF specification. */
static const gb_form FORMS[] = {
    {GB_Q4_0, 32, 18, 4, 8, GB_HALF_SCALES},
    {GB_Q4_1, 32, 20, 4, 0, GB_HALF_SCALES_AND_MINIMA},
    {GB_Q5_0, 32, 22, 8, 16, GB_HALF_SCALES},
    {GB_Q5_1, 32, 24, 8, 0, GB_HALF_SCALES_AND_MINIMA},
    {GB_Q8_0, 32, 34, 8, 128, GB_HALF_SCALES},
    {GB_Q4_K, 256, 144, 4, 0, GB_FACTORS_AND_MINIMA},
    {GB_Q5_K, 256, 176, 8, 0, GB_FACTORS_AND_MINIMA},
    {GB_Q6_K, 256, 210, 8, 32, GB_FACTORS_OF_16},
};

const gb_form *gb_form_of(int32_t type) {
  for (size_t i = 0; i < sizeof FORMS / sizeof FORMS[0]; i++)
    if (FORMS[i].type == type) return &FORMS[i];
  return NULL;
}

/* Two limits beyond any model, whose product with the bytes of a weight stays far inside 63 bits. */
#define MAX_ROWS ((int64_t)1 << 31)
#define MAX_COLUMNS ((int64_t)1 << 24)

bool gb_is_shape(const gb_form *form, int64_t rows, int64_t columns) {
  return rows > 0 && rows <= MAX_ROWS && columns > 0 && columns <= MAX_COLUMNS &&
         columns % form->file_values == 0;
}

bool gb_is_aligned(const void *memory) { return (uintptr_t)memory % GB_ALIGNMENT == 0; }

int64_t gb_panels(int64_t rows) {
  if (rows <= 0 || rows > MAX_ROWS) return GB_BAD_SHAPE;
  return (rows + GB_PANEL_ROWS - 1) / GB_PANEL_ROWS;
}

int64_t gb_packed_bytes(int32_t type, int64_t rows, int64_t columns) {
  const gb_form *form = gb_form_of(type);
  if (!form) return GB_UNKNOWN_TYPE;
  if (!gb_is_shape(form, rows, columns)) return GB_BAD_SHAPE;
  return gb_panels(rows) * gb_panel_bytes(form, columns / GB_BLOCK);
}
