#include "experts.h"
#include "feed_forward_stacks.h"

static OrtStatus *compute(void *memory, OrtKernelContext *context) {
  const gb_stacks_kernel *kernel = memory;
  const OrtApi *api = kernel->api;
  gb_tensor x, experts, weights;
  float *y = NULL;
  OrtStatus *status = gb_input(api, context, 0, &x);
  if (status == NULL) status = gb_input(api, context, 1, &experts);
  if (status == NULL) status = gb_input(api, context, 2, &weights);
  if (status != NULL) return status;
  const gb_expert_stacks stacks = {kernel->gate, kernel->up, kernel->down};
  const int64_t tokens = gb_tensor_rows(&x), chosen = gb_tensor_columns(&experts);
  if (gb_tensor_columns(&x) != gb_resident_matrix(kernel->gate, 0).columns || gb_tensor_rows(&experts) != tokens ||
      gb_tensor_rows(&weights) != tokens || gb_tensor_columns(&weights) != chosen || chosen < 1)
    return gb_status_of(api, GB_MISMATCH);
  status = gb_output_like(api, context, &x, gb_tensor_columns(&x), &y);
  if (status != NULL) return status;
  const gb_choice choice = {experts.data, weights.data, chosen};
  gb_pool pool = {api, context};
  const gb_threads threads = gb_threads_of(&pool);
  const int32_t error = gb_experts(&threads, &stacks, &choice, x.data, tokens, y);
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
    .KernelDestroy = gb_stacks_destroy,
    .GetInputCharacteristic = gb_required,
    .GetOutputCharacteristic = gb_required,
    .GetInputMemoryType = gb_default_memory,
    .CreateKernelV2 = gb_stacks_create,
    .KernelComputeV2 = compute,
};
