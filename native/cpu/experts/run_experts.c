#include <stdlib.h>

#include "../onnxruntime/feed_forward.h"
#include "crew.h"

int64_t gb_expert_bytes(const gb_expert_shape *shape) {
  const int64_t gate = gb_packed_bytes((int32_t)shape->gate_type, shape->inner, shape->width);
  const int64_t down = gb_packed_bytes((int32_t)shape->down_type, shape->width, shape->inner);
  if (gate < 0) return gate;
  return down < 0 ? down : 2 * gate + down;
}

static int32_t run(gb_crew *crew, const gb_expert_shape *shape, const uint64_t *images, const int64_t *starts,
                   const int32_t *tokens, int64_t count, const float *x, float *y) {
  const int64_t gate_bytes = gb_packed_bytes((int32_t)shape->gate_type, shape->inner, shape->width);
  const int64_t down_bytes = gb_packed_bytes((int32_t)shape->down_type, shape->width, shape->inner);
  if (gate_bytes < 0) return (int32_t)gate_bytes;
  if (down_bytes < 0) return (int32_t)down_bytes;
  if (count <= 0) return GB_OK;
  gb_feed_forward *parts = malloc((size_t)count * sizeof *parts);
  if (parts == NULL) return GB_BAD_MEMORY;
  int32_t error = GB_OK;
  for (int64_t i = 0; i < count; i++) {
    const char *image = (const char *)(uintptr_t)images[i];
    if (image == NULL || starts[i + 1] <= starts[i]) error = GB_BAD_RANGE;
    const gb_matrix gate = {(int32_t)shape->gate_type, shape->inner, shape->width, image, gate_bytes};
    const gb_matrix up = {(int32_t)shape->gate_type, shape->inner, shape->width, image + gate_bytes, gate_bytes};
    const gb_matrix down = {(int32_t)shape->down_type, shape->width, shape->inner, image + 2 * gate_bytes, down_bytes};
    parts[i] = (gb_feed_forward){.gate = gate,
                                 .up = up,
                                 .down = down,
                                 .x = {.x = x, .stride = shape->width, .picks = tokens + starts[i]},
                                 .tokens = starts[i + 1] - starts[i],
                                 .y = y + starts[i] * shape->width};
  }
  const gb_threads threads = {.run = gb_crew_run, .pool = crew};
  if (error == GB_OK) error = gb_feed_forwards(&threads, parts, count);
  free(parts);
  return error;
}

int32_t gb_crew_experts(gb_crew *crew, const gb_expert_shape *shape, const uint64_t *images, const int64_t *starts,
                        const int32_t *tokens, int64_t count, const float *x, float *y) {
  const int32_t error = run(crew, shape, images, starts, tokens, count, x, y);
  atomic_store(&crew->is_closed, 1);
  return error;
}
