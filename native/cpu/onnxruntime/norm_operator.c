#include <stdlib.h>

#include "norm.h"
#include "operator.h"

typedef struct norm_kernel {
  const OrtApi *api;
  float epsilon;
} norm_kernel;

static OrtStatus *create(const OrtCustomOp *operator, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  (void)operator;
  norm_kernel *created = calloc(1, sizeof *created);
  if (created == NULL) return gb_status_of(api, GB_BAD_MEMORY);
  created->api = api;
  OrtStatus *status = ORT_KernelInfoGetAttribute_float(api)(info, "epsilon", &created->epsilon);
  if (status != NULL)
    free(created);
  else
    *kernel = created;
  return status;
}

static OrtStatus *compute(void *memory, OrtKernelContext *context) {
  const norm_kernel *kernel = memory;
  const OrtApi *api = kernel->api;
  gb_tensor x, weights, addend;
  OrtStatus *status = gb_input(api, context, 0, &x);
  if (status == NULL) status = gb_input(api, context, 1, &weights);
  if (status == NULL) status = gb_input(api, context, 2, &addend);
  if (status != NULL) return status;
  gb_norm norm = {.tokens = gb_tensor_rows(&x),
                  .columns = gb_tensor_columns(&weights),
                  .x = x.data,
                  .stride = gb_tensor_columns(&x),
                  .addend = addend.data,
                  .weights = weights.data,
                  .epsilon = kernel->epsilon};
  const bool has_sum = norm.addend != NULL;
  if (norm.columns < 1 || norm.columns > norm.stride ||
      (has_sum && (norm.columns != norm.stride || gb_tensor_columns(&addend) != norm.columns ||
                   gb_tensor_rows(&addend) != norm.tokens)))
    return gb_status_of(api, GB_MISMATCH);
  status = gb_output_like(api, context, &x, norm.columns, &norm.y);
  void *sum = NULL;
  if (status == NULL && has_sum) status = gb_output_of_width(api, context, 1, &x, norm.columns, &sum);
  if (status != NULL) return status;
  norm.sum = sum;
  gb_pool pool = {api, context};
  const gb_threads threads = gb_threads_of(&pool);
  gb_norm_all(&threads, &norm);
  return NULL;
}

static const char *name(const OrtCustomOp *operator) {
  (void)operator;
  return "Norm";
}

static size_t input_count(const OrtCustomOp *operator) {
  (void)operator;
  return 3;
}

static int input_characteristic(const OrtCustomOp *operator, size_t index) {
  (void)operator;
  return index == 2 ? ORT_OPTIONAL : ORT_REQUIRED;
}

static size_t output_count(const OrtCustomOp *operator) {
  (void)operator;
  return 2;
}

static int output_characteristic(const OrtCustomOp *operator, size_t index) {
  (void)operator;
  return index == 1 ? ORT_OPTIONAL : ORT_REQUIRED;
}

const OrtCustomOp gb_norm_operator = {
    .version = ORT_API_VERSION,
    .GetName = name,
    .GetExecutionProviderType = gb_cpu_provider,
    .GetInputType = gb_float_type,
    .GetInputTypeCount = input_count,
    .GetOutputType = gb_float_type,
    .GetOutputTypeCount = output_count,
    .KernelDestroy = free,
    .GetInputCharacteristic = input_characteristic,
    .GetOutputCharacteristic = output_characteristic,
    .GetInputMemoryType = gb_default_memory,
    .CreateKernelV2 = create,
    .KernelComputeV2 = compute,
};
