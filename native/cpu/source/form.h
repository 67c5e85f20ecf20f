/*
 * How a packed matrix lies in memory. Rows are cut into panels of 16, columns into blocks of 32:
 *
 *   packed = panels, each: [codes of every block][scales of every block][padding to GB_ALIGNMENT]
 *
 * Codes of a block: 8 groups of 4 columns. A group is 64 bytes, 16 rows of 4 codes: what one instruction of
 * vpdpbusd or one row of an AMX tile takes. Four-bit codes share bytes, group g in the low and g + 4 in the high
 * halves.
 */
#ifndef GB_FORM_H
#define GB_FORM_H

#include "../include/glassbox_cpu.h"

#include <stdbool.h>
#include <stddef.h>

#define GB_BLOCK 32
#define GB_GROUPS 8
#define GB_GROUP_BYTES 64

/** How the scales of a panel lie, row after row within each pair of brackets. */
typedef enum gb_scales {
  /** A block: [16 halves]. */
  GB_HALF_SCALES,
  /** A block: [16 halves][16 halves of minima]. */
  GB_HALF_SCALES_AND_MINIMA,
  /** Eight blocks: [16 halves][16 halves of minima], then a block: [16 uint8][16 uint8], factors of these two. */
  GB_FACTORS_AND_MINIMA,
  /** Eight blocks: [16 halves], then half a block (16 columns): [16 int8], factors of these. */
  GB_FACTORS_OF_16
} gb_scales;

/** A weight is scale * (code - centre) + minimum. */
typedef struct gb_form {
  int32_t type;
  /** Of the file's block. */
  int32_t file_values;
  int32_t file_bytes;
  /** 4 or 8. */
  int32_t code_bits;
  /** Taken off a code. 0 for types with minima, whose codes have no sign. */
  int32_t centre;
  gb_scales scales;
} gb_form;

/** Null for what is not a gb_type. */
const gb_form *gb_form_of(int32_t type);

static inline int32_t gb_code_bytes(const gb_form *form) { return form->code_bits * GB_GROUP_BYTES; }

static inline bool gb_has_minima(gb_scales scales) {
  return scales == GB_HALF_SCALES_AND_MINIMA || scales == GB_FACTORS_AND_MINIMA;
}

/** Blocks that share super-scales. */
#define GB_SUPER_BLOCKS 8
#define GB_MINIMA_SUPER_BYTES (64 + GB_SUPER_BLOCKS * 32)
#define GB_16_SUPER_BYTES (32 + GB_SUPER_BLOCKS * 32)

static inline int64_t gb_scale_bytes(gb_scales scales, int64_t blocks) {
  switch (scales) {
  case GB_HALF_SCALES:
    return blocks * 32;
  case GB_HALF_SCALES_AND_MINIMA:
    return blocks * 64;
  case GB_FACTORS_AND_MINIMA:
    return blocks / GB_SUPER_BLOCKS * GB_MINIMA_SUPER_BYTES;
  default:
    return blocks / GB_SUPER_BLOCKS * GB_16_SUPER_BYTES;
  }
}

static inline int64_t gb_round_up(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

static inline int64_t gb_panel_bytes(const gb_form *form, int64_t blocks) {
  return gb_round_up(blocks * gb_code_bytes(form) + gb_scale_bytes(form->scales, blocks), GB_ALIGNMENT);
}

/** Whether a matrix of this type can have this shape; sizes of all that can fit into 63 bits. */
bool gb_is_shape(const gb_form *form, int64_t rows, int64_t columns);

bool gb_is_aligned(const void *memory);

#endif
