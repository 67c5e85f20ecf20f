#ifndef GB_ROW_SCALES_H
#define GB_ROW_SCALES_H

#include "form.h"
#include "half.h"

/** What turns the sums of one row's block into floats. */
typedef struct gb_row_scales {
  /** Of columns 0 to 15 and 16 to 31, the same unless the form has GB_FACTORS_OF_16. */
  float scale[2];
  /** 0 without minima. */
  float minimum;
} gb_row_scales;

/** Of row `row` (0 to 15) of a panel whose scales begin at `scales`: the plain twin of what the kernels do for 16. */
static inline gb_row_scales gb_read_row_scales(gb_scales kind, const uint8_t *scales, int64_t block, int row) {
  gb_row_scales out = {{0, 0}, 0};
  switch (kind) {
  case GB_HALF_SCALES:
    out.scale[0] = out.scale[1] = gb_half(gb_read_u16(scales + block * 32 + row * 2));
    break;
  case GB_HALF_SCALES_AND_MINIMA:
    out.scale[0] = out.scale[1] = gb_half(gb_read_u16(scales + block * 64 + row * 2));
    out.minimum = gb_half(gb_read_u16(scales + block * 64 + 32 + row * 2));
    break;
  case GB_FACTORS_AND_MINIMA: {
    const uint8_t *super = scales + block / GB_SUPER_BLOCKS * GB_MINIMA_SUPER_BYTES;
    const uint8_t *factors = super + 64 + block % GB_SUPER_BLOCKS * 32;
    /* Both products are exact: 11 bits of a half times 6. */
    out.scale[0] = out.scale[1] = gb_half(gb_read_u16(super + row * 2)) * (float)factors[row];
    out.minimum = -(gb_half(gb_read_u16(super + 32 + row * 2)) * (float)factors[16 + row]);
    break;
  }
  case GB_FACTORS_OF_16: {
    const uint8_t *super = scales + block / GB_SUPER_BLOCKS * GB_16_SUPER_BYTES;
    const int8_t *factors = (const int8_t *)super + 32 + block % GB_SUPER_BLOCKS * 32;
    const float scale = gb_half(gb_read_u16(super + row * 2));
    out.scale[0] = scale * (float)factors[row];
    out.scale[1] = scale * (float)factors[16 + row];
    break;
  }
  }
  return out;
}

/** The code of a column (0 to 31) of a row (0 to 15) of the block whose codes begin at `codes`. */
static inline int32_t gb_read_code(int32_t code_bits, const uint8_t *codes, int row, int column) {
  const int group = column / 4;
  const int lane = row * 4 + column % 4;
  if (code_bits == 8) return codes[group * GB_GROUP_BYTES + lane];
  const uint8_t both = codes[group % 4 * GB_GROUP_BYTES + lane];
  return group < 4 ? both & 15 : both >> 4;
}

#endif
