#include <stdlib.h>

#include "feed_forward.h"
#include "feed_forward_stacks.h"

typedef struct feed_forward_kernel {
  const OrtApi *api;
  gb_stacks stacks;
} feed_forward_kernel;

static void destroy(void *memory) {
  feed_forward_kernel *kernel = memory;
  gb_stacks_release(&kernel->stacks);
  free(kernel);
}

static OrtStatus *create(const OrtCustomOp *operator, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  (void)operator;
  static const char *const NAMES[] = {"gate", "up", "down"};
  feed_forward_kernel *created = calloc(1, sizeof *created);
  if (created == NULL) return gb_status_of(api, GB_BAD_MEMORY);
  created->api = api;
  OrtStatus *status = gb_stacks_read(api, info, NAMES, &created->stacks);
  if (status != NULL)
    destroy(created);
  else
    *kernel = created;
  return status;
}

static OrtStatus *compute(void *memory, OrtKernelContext *context) {
  const feed_forward_kernel *kernel = memory;
  const OrtApi *api = kernel->api;
  gb_tensor x;
  float *y = NULL;
  OrtStatus *status = gb_input(api, context, 0, &x);
  if (status != NULL) return status;
  gb_feed_forward part = {.gate = gb_resident_matrix(kernel->stacks.gate, 0),
                          .up = gb_resident_matrix(kernel->stacks.up, 0),
                          .down = gb_resident_matrix(kernel->stacks.down, 0)};
  if (gb_tensor_columns(&x) != part.gate.columns) return gb_status_of(api, GB_MISMATCH);
  status = gb_output_like(api, context, &x, part.down.rows, &y);
  if (status != NULL) return status;
  part.x = (gb_rows){.x = x.data, .stride = part.gate.columns};
  part.tokens = gb_tensor_rows(&x);
  part.y = y;
  gb_pool pool = {api, context};
  const gb_threads threads = gb_threads_of(&pool);
  return gb_status_of(api, gb_feed_forwards(&threads, &part, part.tokens == 0 ? 0 : 1));
}

static const char *name(const OrtCustomOp *operator) {
  (void)operator;
  return "FeedForward";
}

const OrtCustomOp gb_feed_forward_operator = {
    .version = ORT_API_VERSION,
    .GetName = name,
    .GetExecutionProviderType = gb_cpu_provider,
    .GetInputType = gb_float_type,
    .GetInputTypeCount = gb_one,
    .GetOutputType = gb_float_type,
    .GetOutputTypeCount = gb_one,
    .KernelDestroy = destroy,
    .GetInputCharacteristic = gb_required,
    .GetOutputCharacteristic = gb_required,
    .GetInputMemoryType = gb_default_memory,
    .CreateKernelV2 = create,
    .KernelComputeV2 = compute,
};
