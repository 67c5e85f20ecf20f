/*
 * Operators for ONNX Runtime: the products of glassbox_cpu.h with the matrices they read, the choice of experts, and attention.
 *
 * Domain "glassbox", version 1; T are tokens in any number of dimensions, floats are single precision:
 *
 *   Product      x [T, columns], bias [rows] (optional) -> y [T, rows]
 *                attribute matrices: the handles of matrices with these columns; rows are theirs one after another
 *   FeedForward  x [T, width] -> y [T, width] = down(silu(gate x) * up x)
 *                attributes gate, up, down: handles
 *   Experts      x [T, width], experts int64 [T, k], weights [T, k] -> y [T, width]: the weighted sum of what the chosen
 *                experts give, in the order in which they are listed, and what the shared expert gives. Attributes as FeedForward's,
 *                each a stack of matrices, and shared_gate, shared_up, shared_down of the shared expert: handles, or 0 for none
 *   Norm         x [T, >= d], weights [d], addend [T, d] (optional) -> y [T, d], sum [T, d] (with an addend): RMSNorm of the
 *                first d columns of x, or of sum = x + addend. Attribute epsilon
 *
 *   Attention    x [T, (q + 2 h) d], keys half [h, panels, d, 16], values half [h, 16 panels, w], first position int64 [1],
 *                cos, sin [positions, r / 2], norms of query and key [d] (optional, both or none) -> y [T, q d], keys, values
 *                q query heads attend with h key and value heads of d dimensions, of which the first r are rotated; w is d up to
 *                a multiple of 16. The cache's output is its input's memory, to which the tokens' rows are added from the first
 *                position on (attention/attention.h). Attributes query_heads, interleaved (0 or 1), scale, epsilon (of the norms)
 *
 *   LatentAttention
 *                x [T, .. + r + d], keys half [panels, r + d, 16], first position int64 [1], cos, sin
 *                [positions, d / 2], norm of the latent [r], key up [q, r / 16, p, 16], value up [q, v / 16, r, 16] (both in whole
 *                panels), queries [Q, q (p + d)] (optional: else they are x's first columns, and Q is T) -> y [Q, q v], keys
 *                q heads attend in the latent space (attention/latent.h): x ends in a latent of r and a key of d dimensions, which
 *                are rotated as the last d of each query; the last Q tokens have queries, those before them only enter the cache.
 *                The keys as Attention's; values are a part of them. Attributes value_dim (v), interleaved, scale, epsilon (of the norm)
 *
 *   Router       logits [T, experts], bias [experts] (optional) -> experts int64 [T, k], weights [T, k]: whom each token goes
 *                to, best first. Attributes experts, chosen (k), groups, chosen_groups, sigmoid and normalize (0 or 1), and the
 *                floats scale and least_sum: router.h says what they do
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
