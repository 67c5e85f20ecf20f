#include <stdlib.h>

#include "experts.h"
#include "feed_forward_stacks.h"

typedef struct experts_kernel {
  const OrtApi *api;
  gb_stacks routed;
  /** Of one matrix each, or none. */
  gb_stacks shared;
} experts_kernel;

static void destroy(void *memory) {
  experts_kernel *kernel = memory;
  gb_stacks_release(&kernel->routed);
  gb_stacks_release(&kernel->shared);
  free(kernel);
}

static OrtStatus *read_shared(experts_kernel *kernel, const OrtKernelInfo *info) {
  static const char *const NAMES[] = {"shared_gate", "shared_up", "shared_down"};
  const OrtApi *api = kernel->api;
  int64_t handle = 0;
  OrtStatus *status = ORT_KernelInfoGetAttribute_int64(api)(info, NAMES[0], &handle);
  if (status == NULL && handle != 0) status = gb_stacks_read(api, info, NAMES, &kernel->shared);
  if (status != NULL || handle == 0) return status;
  const int64_t width = gb_resident_matrix(kernel->routed.gate, 0).columns;
  return gb_resident_matrix(kernel->shared.gate, 0).columns == width ? NULL : gb_status_of(api, GB_MISMATCH);
}

static OrtStatus *create(const OrtCustomOp *operator, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  (void)operator;
  static const char *const NAMES[] = {"gate", "up", "down"};
  experts_kernel *created = calloc(1, sizeof *created);
  if (created == NULL) return gb_status_of(api, GB_BAD_MEMORY);
  created->api = api;
  OrtStatus *status = gb_stacks_read(api, info, NAMES, &created->routed);
  if (status == NULL) status = read_shared(created, info);
  if (status != NULL)
    destroy(created);
  else
    *kernel = created;
  return status;
}

static gb_expert_stacks matrices_of(const gb_stacks *stacks) {
  return (gb_expert_stacks){stacks->gate, stacks->up, stacks->down};
}

static OrtStatus *compute(void *memory, OrtKernelContext *context) {
  const experts_kernel *kernel = memory;
  const OrtApi *api = kernel->api;
  gb_tensor x, experts, weights;
  float *y = NULL;
  OrtStatus *status = gb_input(api, context, 0, &x);
  if (status == NULL) status = gb_input(api, context, 1, &experts);
  if (status == NULL) status = gb_input(api, context, 2, &weights);
  if (status != NULL) return status;
  const gb_expert_stacks routed = matrices_of(&kernel->routed), shared = matrices_of(&kernel->shared);
  const int64_t tokens = gb_tensor_rows(&x), chosen = gb_tensor_columns(&experts);
  if (gb_tensor_columns(&x) != gb_resident_matrix(routed.gate, 0).columns || gb_tensor_rows(&experts) != tokens ||
      gb_tensor_rows(&weights) != tokens || gb_tensor_columns(&weights) != chosen || chosen < 1)
    return gb_status_of(api, GB_MISMATCH);
  status = gb_output_like(api, context, &x, gb_tensor_columns(&x), &y);
  if (status != NULL) return status;
  const gb_choice choice = {experts.data, weights.data, chosen};
  gb_pool pool = {api, context};
  const gb_threads threads = gb_threads_of(&pool);
  const int32_t error = gb_experts(&threads, &routed, shared.gate ? &shared : NULL, &choice, x.data, tokens, y);
  if (error == GB_BAD_RANGE) return gb_status(api, ORT_INVALID_ARGUMENT, "an expert was chosen that is not there");
  return gb_status_of(api, error);
}

static const char *name(const OrtCustomOp *operator) {
  (void)operator;
  return "Experts";
}

static int input_type(const OrtCustomOp *operator, size_t index) {
  (void)operator;
  return index == 1 ? ORT_INT64 : ORT_FLOAT;
}

static size_t input_count(const OrtCustomOp *operator) {
  (void)operator;
  return 3;
}

const OrtCustomOp gb_experts_operator = {
    .version = ORT_API_VERSION,
    .GetName = name,
    .GetExecutionProviderType = gb_cpu_provider,
    .GetInputType = input_type,
    .GetInputTypeCount = input_count,
    .GetOutputType = gb_float_type,
    .GetOutputTypeCount = gb_one,
    .KernelDestroy = destroy,
    .GetInputCharacteristic = gb_required,
    .GetOutputCharacteristic = gb_required,
    .GetInputMemoryType = gb_default_memory,
    .CreateKernelV2 = create,
    .KernelComputeV2 = compute,
};
