/*
 * Experts of a layer on the CPU, for whoever computes the rest of the model elsewhere. Threads are the caller's: one of them
 * leads a crew (gb_crew_experts), any number of others help it (gb_crew_help). Results are the bits of the operator Experts,
 * for any number of helpers and whatever tokens are beside a token (../README.md).
 */
#ifndef GLASSBOX_EXPERTS_H
#define GLASSBOX_EXPERTS_H

#include "glassbox_cpu.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What leader and helpers share. */
typedef struct gb_crew gb_crew;

/** Null without memory. */
GB_EXPORT gb_crew *gb_crew_create(void);
/** When nobody leads or helps any more. */
GB_EXPORT void gb_crew_free(gb_crew *crew);

/** Before the leader and its helpers are started: helpers that begin before their leader then wait for it. */
GB_EXPORT void gb_crew_open(gb_crew *crew);
/** Works for the leader until it is done; returns at once where it is already. */
GB_EXPORT void gb_crew_help(gb_crew *crew);

/** Experts of one shape. An image is a packed gate [inner, width], a packed up of the same type, a packed down [width, inner]. */
typedef struct gb_expert_shape {
  int64_t gate_type;
  int64_t down_type;
  int64_t inner;
  int64_t width;
} gb_expert_shape;

/** Bytes of an image, or a gb_error. Its up begins at gb_packed_bytes of its gate, its down at twice that. */
GB_EXPORT int64_t gb_expert_bytes(const gb_expert_shape *shape);

/**
 * y[row] = down(silu(gate x[tokens[row]]) * up x[tokens[row]]), the rows [starts[i], starts[i + 1]) of the i-th of `count`
 * experts, which has a row at least. `images`: addresses, on GB_ALIGNMENT. x [.., width], y [starts[count], width]. Returns a
 * gb_error; ends the helpers' work in any case.
 */
GB_EXPORT int32_t gb_crew_experts(gb_crew *crew, const gb_expert_shape *shape, const uint64_t *images,
                                  const int64_t *starts, const int32_t *tokens, int64_t count, const float *x, float *y);

#ifdef __cplusplus
}
#endif

#endif
