/*
 * Operators for ONNX Runtime that multiply with the products of glassbox_cpu.h, and the matrices they read.
 *
 * Domain "glassbox", version 1; T are tokens in any number of dimensions, all floats are single precision:
 *
 *   Product      x [T, columns], bias [rows] (optional) -> y [T, rows]
 *                attribute matrices: the handles of matrices with these columns; rows are theirs one after another
 *   FeedForward  x [T, width] -> y [T, width] = down(silu(gate x) * up x)
 *                attributes gate, up, down: handles
 *   Experts      x [T, width], experts int64 [T, k], weights [T, k] -> y [T, width]: the weighted sum of what the chosen
 *                experts give, in the order in which they are listed. Attributes as FeedForward's, each a stack of matrices
 *
 * A handle is the address of a gb_resident as an integer; a session with any other number is refused.
 */
#ifndef GLASSBOX_OPERATORS_H
#define GLASSBOX_OPERATORS_H

#include "glassbox_cpu.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A stack of packed matrices [count, rows, columns] in memory of its own. */
typedef struct gb_resident gb_resident;

/**
 * An empty stack, to be filled by gb_resident_pack before it is multiplied. Null when there is no memory for it or the
 * shape is none; `error` then says which (a gb_error).
 */
GB_EXPORT gb_resident *gb_resident_create(int32_t type, int64_t count, int64_t rows, int64_t columns, int32_t *error);

/** gb_pack into the matrix at `index` of the stack. Calls on different rows may run at once. */
GB_EXPORT int32_t gb_resident_pack(gb_resident *resident, int64_t index, const void *source, int64_t source_bytes,
                                   int64_t first_row, int64_t end_row);

/** The creator's share of it ends. The memory goes when the sessions that read it have gone, too. */
GB_EXPORT void gb_resident_release(gb_resident *resident);

/**
 * Adds the operators to an OrtSessionOptions. `api_base` is what OrtGetApiBase returned. Null on success, or a sentence
 * that says why not, which lives for ever.
 */
GB_EXPORT const char *gb_register_operators(void *session_options, const void *api_base);

#ifdef __cplusplus
}
#endif

#endif
