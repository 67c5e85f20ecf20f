/* From the blocks of a GGUF file to packed panels (form.h). */
#include "form.h"
#include "half.h"
#include "row_scales.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "GGUF files and packed matrices are little-endian."
#endif

#define LOW_NIBBLES 0x0f0f0f0fu

/** Four bits to the fifth bits of four bytes. */
static uint32_t spread_fifth_bits(uint32_t bits) {
  return (bits & 1) << 4 | (bits & 2) << 11 | (bits & 4) << 18 | (bits & 8) << 25;
}

/** Low and high halves of 16 bytes: columns 0 to 15 and 16 to 31. */
static void split_halves(const uint8_t *bytes, uint32_t words[GB_GROUPS]) {
  for (int i = 0; i < 4; i++) {
    const uint32_t word = gb_read_u32(bytes + 4 * i);
    words[i] = word & LOW_NIBBLES;
    words[i + 4] = word >> 4 & LOW_NIBBLES;
  }
}

static void add_fifth_bits(uint32_t bits, uint32_t words[GB_GROUPS]) {
  for (int group = 0; group < GB_GROUPS; group++) words[group] |= spread_fifth_bits(bits >> 4 * group);
}

/**
 * The codes of block `sub` (of 32 columns) of a file's block, four to a word, without a sign. Structures of the
 * blocks: ggml's ggml-common.h.
 */
static void read_codes(int32_t type, const uint8_t *block, int sub, uint32_t words[GB_GROUPS]) {
  switch (type) {
  case GB_Q4_0:
    split_halves(block + 2, words);
    break;
  case GB_Q4_1:
    split_halves(block + 4, words);
    break;
  case GB_Q5_0:
    split_halves(block + 6, words);
    add_fifth_bits(gb_read_u32(block + 2), words);
    break;
  case GB_Q5_1:
    split_halves(block + 8, words);
    add_fifth_bits(gb_read_u32(block + 4), words);
    break;
  case GB_Q8_0:
    /* Flipping the sign bit adds 128. */
    for (int i = 0; i < GB_GROUPS; i++) words[i] = gb_read_u32(block + 2 + 4 * i) ^ 0x80808080u;
    break;
  case GB_Q4_K:
    for (int i = 0; i < GB_GROUPS; i++)
      words[i] = gb_read_u32(block + 16 + sub / 2 * 32 + 4 * i) >> sub % 2 * 4 & LOW_NIBBLES;
    break;
  case GB_Q5_K:
    for (int i = 0; i < GB_GROUPS; i++)
      words[i] = (gb_read_u32(block + 48 + sub / 2 * 32 + 4 * i) >> sub % 2 * 4 & LOW_NIBBLES) |
                 (gb_read_u32(block + 16 + 4 * i) >> sub & 0x01010101u) << 4;
    break;
  default: /* GB_Q6_K: halves of 128 columns; quarters of them share low halves in pairs and the high bits all four. */
    for (int i = 0; i < GB_GROUPS; i++) {
      const int half = sub / 4, quarter = sub % 4;
      const uint32_t low = gb_read_u32(block + half * 64 + quarter % 2 * 32 + 4 * i) >> quarter / 2 * 4;
      const uint32_t high = gb_read_u32(block + 128 + half * 32 + 4 * i) >> quarter * 2;
      words[i] = (low & LOW_NIBBLES) | (high & 0x03030303u) << 4;
    }
  }
}

static void write_codes(int32_t code_bits, const uint32_t words[GB_GROUPS], uint8_t *codes, int row) {
  for (int group = 0; group < code_bits; group++) {
    const uint32_t word = code_bits == 8 ? words[group] : words[group] | words[group + 4] << 4;
    memcpy(codes + group * GB_GROUP_BYTES + row * 4, &word, sizeof word);
  }
}

/** Multiplier or minimum (shift 4) `sub` of the 12 bytes of Q4_K and Q5_K: the last four of eight lie in two parts. */
static uint8_t six_bits(const uint8_t *bytes, int sub, int shift) {
  if (sub < 4) return bytes[shift + sub] & 63;
  return (uint8_t)((bytes[4 + sub] >> shift & 15) | bytes[shift + sub - 4] >> 6 << 4);
}

/** Copies the scales of one file block of one row to their places; `first` is its first block of 32 columns. */
static void write_scales(const gb_form *form, const uint8_t *block, int64_t first, uint8_t *scales, int row) {
  switch (form->scales) {
  case GB_HALF_SCALES:
    memcpy(scales + first * 32 + row * 2, block, 2);
    break;
  case GB_HALF_SCALES_AND_MINIMA:
    memcpy(scales + first * 64 + row * 2, block, 2);
    memcpy(scales + first * 64 + 32 + row * 2, block + 2, 2);
    break;
  case GB_FACTORS_AND_MINIMA: {
    uint8_t *super = scales + first / GB_SUPER_BLOCKS * GB_MINIMA_SUPER_BYTES;
    memcpy(super + row * 2, block, 2);
    memcpy(super + 32 + row * 2, block + 2, 2);
    for (int sub = 0; sub < GB_SUPER_BLOCKS; sub++) {
      super[64 + sub * 32 + row] = six_bits(block + 4, sub, 0);
      super[64 + sub * 32 + 16 + row] = six_bits(block + 4, sub, 4);
    }
    break;
  }
  case GB_FACTORS_OF_16: {
    uint8_t *super = scales + first / GB_SUPER_BLOCKS * GB_16_SUPER_BYTES;
    memcpy(super + row * 2, block + 208, 2);
    for (int part = 0; part < 2 * GB_SUPER_BLOCKS; part++) super[32 + part * 16 + row] = block[192 + part];
    break;
  }
  }
}

static void pack_panel(const gb_form *form, const uint8_t *source, int rows, int64_t columns, uint8_t *panel) {
  const int64_t blocks = columns / GB_BLOCK;
  const int64_t file_blocks = columns / form->file_values;
  const int64_t blocks_each = form->file_values / GB_BLOCK;
  const int64_t row_bytes = file_blocks * form->file_bytes;
  const int64_t code_bytes = gb_code_bytes(form);
  uint8_t *scales = panel + blocks * code_bytes;
  /* Rows that a last panel lacks are zero: their scales are. */
  if (rows < GB_PANEL_ROWS) memset(panel, 0, (size_t)gb_panel_bytes(form, blocks));
  for (int64_t at = 0; at < file_blocks; at++) {
    for (int row = 0; row < rows; row++) {
      const uint8_t *block = source + row * row_bytes + at * form->file_bytes;
      write_scales(form, block, at * blocks_each, scales, row);
      for (int sub = 0; sub < blocks_each; sub++) {
        uint32_t words[GB_GROUPS];
        read_codes(form->type, block, sub, words);
        write_codes(form->code_bits, words, panel + (at * blocks_each + sub) * code_bytes, row);
      }
    }
  }
}

int32_t gb_pack(int32_t type, const void *source, int64_t source_bytes, int64_t rows, int64_t columns,
                int64_t first_row, int64_t end_row, void *packed, int64_t packed_bytes) {
  const gb_form *form = gb_form_of(type);
  if (!form) return GB_UNKNOWN_TYPE;
  if (!gb_is_shape(form, rows, columns)) return GB_BAD_SHAPE;
  if (first_row < 0 || first_row > end_row || end_row > rows || first_row % GB_PANEL_ROWS != 0 ||
      (end_row % GB_PANEL_ROWS != 0 && end_row != rows))
    return GB_BAD_RANGE;
  const int64_t row_bytes = columns / form->file_values * form->file_bytes;
  if (!source || source_bytes < (end_row - first_row) * row_bytes || !packed || !gb_is_aligned(packed) ||
      packed_bytes < gb_packed_bytes(type, rows, columns))
    return GB_BAD_MEMORY;
  const int64_t panel_bytes = gb_panel_bytes(form, columns / GB_BLOCK);
  for (int64_t row = first_row; row < end_row; row += GB_PANEL_ROWS) {
    const int64_t left = end_row - row;
    pack_panel(form, (const uint8_t *)source + (row - first_row) * row_bytes,
               (int)(left < GB_PANEL_ROWS ? left : GB_PANEL_ROWS), columns,
               (uint8_t *)packed + row / GB_PANEL_ROWS * panel_bytes);
  }
  return GB_OK;
}

int32_t gb_unpack_row(const gb_matrix *matrix, int64_t row, float *out) {
  if (!matrix || !out) return GB_BAD_MEMORY;
  const gb_form *form = gb_form_of(matrix->type);
  if (!form) return GB_UNKNOWN_TYPE;
  if (!gb_is_shape(form, matrix->rows, matrix->columns)) return GB_BAD_SHAPE;
  if (row < 0 || row >= matrix->rows) return GB_BAD_RANGE;
  if (!matrix->packed || matrix->packed_bytes < gb_packed_bytes(matrix->type, matrix->rows, matrix->columns))
    return GB_BAD_MEMORY;
  const int64_t blocks = matrix->columns / GB_BLOCK;
  const uint8_t *panel =
      (const uint8_t *)matrix->packed + row / GB_PANEL_ROWS * gb_panel_bytes(form, blocks);
  const uint8_t *scales = panel + blocks * gb_code_bytes(form);
  const int lane = (int)(row % GB_PANEL_ROWS);
  for (int64_t block = 0; block < blocks; block++) {
    const gb_row_scales row_scales = gb_read_row_scales(form->scales, scales, block, lane);
    for (int column = 0; column < GB_BLOCK; column++) {
      const int32_t code =
          gb_read_code(form->code_bits, panel + block * gb_code_bytes(form), lane, column) - form->centre;
      const float product = row_scales.scale[column / 16] * (float)code;
      /* Adding a minimum of 0 would turn a product of -0 into 0. */
      out[block * GB_BLOCK + column] = gb_has_minima(form->scales) ? product + row_scales.minimum : product;
    }
  }
  return GB_OK;
}
