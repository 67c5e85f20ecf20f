/*
 * Products of quantized matrices on the CPU.
 *
 * A matrix of a GGUF file is packed once (gb_pack), the inputs of a product are prepared once for all matrices that
 * they meet (gb_prepare_inputs), and gb_product multiplies. Threads are the caller's: every function works on a range
 * of rows, tokens or panels, writes nothing outside it, and may run beside others on other ranges. Nothing here
 * allocates, and nothing is kept between calls except the choice of gb_force_isa.
 *
 * Results are the same bits with every instruction set, for any ranges, and for any number of tokens beside a token:
 * ../README.md says how.
 */
#ifndef GLASSBOX_CPU_H
#define GLASSBOX_CPU_H

#include <stdint.h>

#if defined(_WIN32)
#define GB_EXPORT __declspec(dllexport)
#else
#define GB_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Changes whenever a caller that was written for another number would go wrong. */
#define GB_VERSION 1

/** Rows of a matrix that lie together: ranges of rows begin and end at multiples of it, or at the last row. */
#define GB_PANEL_ROWS 16

/** Packed matrices and prepared inputs begin at multiples of this many bytes. */
#define GB_ALIGNMENT 64

/** Block types of a GGUF file, by their number there. Columns are a multiple of 32, of 256 for the K types. */
enum gb_type {
  GB_Q4_0 = 2,
  GB_Q4_1 = 3,
  GB_Q5_0 = 6,
  GB_Q5_1 = 7,
  GB_Q8_0 = 8,
  GB_Q4_K = 12,
  GB_Q5_K = 13,
  GB_Q6_K = 14
};

/** What functions return that can fail; 0 is success. A failed call has written nothing. */
enum gb_error {
  GB_OK = 0,
  /** Not one of gb_type. */
  GB_UNKNOWN_TYPE = -1,
  /** Rows, columns or tokens are not positive, too many, or the columns not whole blocks. */
  GB_BAD_SHAPE = -2,
  /** A range that is not inside its whole, or does not begin or end at a panel. */
  GB_BAD_RANGE = -3,
  /** Memory that is null, not on GB_ALIGNMENT where that is asked, or smaller than the shape needs. */
  GB_BAD_MEMORY = -4,
  /** Matrix and inputs differ in columns. */
  GB_MISMATCH = -5,
  /** An instruction set that is unknown, or that this processor, system or build lacks. */
  GB_NO_SUCH_ISA = -6
};

/** A packed matrix [rows, columns]: y = matrix x. */
typedef struct gb_matrix {
  /** gb_type */
  int32_t type;
  int64_t rows;
  int64_t columns;
  const void *packed;
  /** At least gb_packed_bytes(type, rows, columns). */
  int64_t packed_bytes;
} gb_matrix;

/** Prepared inputs [tokens, columns]. */
typedef struct gb_inputs {
  int64_t tokens;
  int64_t columns;
  const void *data;
  /** At least gb_inputs_bytes(tokens, columns). */
  int64_t data_bytes;
} gb_inputs;

/** Where a product goes: y[token * stride + row], in floats; stride is at least the matrix's rows. */
typedef struct gb_output {
  float *y;
  int64_t stride;
  /** [tokens, rows] with the same stride, added to the finished product in one addition each; may be y, or null. */
  const float *addend;
} gb_output;

GB_EXPORT int32_t gb_version(void);

/** A sentence without a full stop for one of gb_error; never null. */
GB_EXPORT const char *gb_error_text(int32_t error);

/** Bytes of a packed matrix, or a gb_error. */
GB_EXPORT int64_t gb_packed_bytes(int32_t type, int64_t rows, int64_t columns);

/**
 * Packs the rows [first_row, end_row) of a matrix [rows, columns]. `source` is these rows as the GGUF file has them,
 * with no alignment. `packed` is the whole packed matrix, of which only these rows' panels are written. The file's
 * codes, scales and minima are kept to the last bit.
 */
GB_EXPORT int32_t gb_pack(int32_t type, const void *source, int64_t source_bytes, int64_t rows, int64_t columns,
                          int64_t first_row, int64_t end_row, void *packed, int64_t packed_bytes);

/**
 * One row of a packed matrix as floats: scale * code + minimum, each operation rounded once, which are the bits of
 * gguf-py's dequantize. `out` holds `columns` floats.
 */
GB_EXPORT int32_t gb_unpack_row(const gb_matrix *matrix, int64_t row, float *out);

/** Bytes of prepared inputs, or a gb_error. */
GB_EXPORT int64_t gb_inputs_bytes(int64_t tokens, int64_t columns);

/**
 * Prepares the tokens [first_token, end_token) of inputs [tokens, columns]. Token t is the `columns` floats at
 * x + stride * (picks ? picks[t] : t). An infinity or a NaN makes all outputs of its token NaN.
 */
GB_EXPORT int32_t gb_prepare_inputs(const float *x, int64_t stride, const int32_t *picks, int64_t tokens,
                                    int64_t columns, int64_t first_token, int64_t end_token, void *data,
                                    int64_t data_bytes);

/** Panels of a matrix: ceil(rows / GB_PANEL_ROWS), or a gb_error. */
GB_EXPORT int64_t gb_panels(int64_t rows);

/** Multiplies the panels [first_panel, end_panel) of the matrix with all tokens of the inputs. */
GB_EXPORT int32_t gb_product(const gb_matrix *matrix, const gb_inputs *inputs, int64_t first_panel,
                             int64_t end_panel, const gb_output *output);

/** The instruction set in use: "scalar", "avx2", "avxvnni", "avx512vnni", "amx" or "neon". */
GB_EXPORT const char *gb_isa(void);

/** Name `index` of the instruction sets that this machine can use, slowest first; null behind the last one. */
GB_EXPORT const char *gb_usable_isa(int32_t index);

/** Uses the named instruction set from now on; null goes back to the fastest. Not beside a running product. */
GB_EXPORT int32_t gb_force_isa(const char *name);

#ifdef __cplusplus
}
#endif

#endif
