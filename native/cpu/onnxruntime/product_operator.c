#include <stdlib.h>

#include "linear.h"
#include "operator.h"

/** More matrices than read the same input anywhere (query, key and value). */
enum { MOST_MATRICES = 8 };

typedef struct product_kernel {
  const OrtApi *api;
  int64_t count;
  gb_resident *stacks[MOST_MATRICES];
  gb_matrix matrices[MOST_MATRICES];
  int64_t rows;
} product_kernel;

static void destroy(void *memory) {
  product_kernel *kernel = memory;
  for (int64_t i = 0; i < kernel->count; i++) gb_resident_release(kernel->stacks[i]);
  free(kernel);
}

static OrtStatus *read_matrices(product_kernel *kernel, const OrtKernelInfo *info) {
  const OrtApi *api = kernel->api;
  int64_t handles[MOST_MATRICES] = {0};
  size_t count = MOST_MATRICES;
  OrtStatus *status = ORT_KernelInfoGetAttributeArray_int64(api)(info, "matrices", handles, &count);
  if (status != NULL) return status;
  if (count == 0) return gb_status(api, ORT_INVALID_ARGUMENT, "a product has no matrix");
  for (size_t i = 0; i < count; i++) {
    gb_resident *stack = gb_resident_retain(handles[i]);
    if (stack == NULL) return gb_status(api, ORT_INVALID_ARGUMENT, "a matrix is not there any more");
    kernel->stacks[kernel->count] = stack;
    kernel->matrices[kernel->count] = gb_resident_matrix(stack, 0);
    kernel->rows += kernel->matrices[kernel->count].rows;
    kernel->count++;
    if (kernel->matrices[i].columns != kernel->matrices[0].columns)
      return gb_status_of(api, GB_MISMATCH);
  }
  return NULL;
}

static OrtStatus *create(const OrtCustomOp *operator, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  (void)operator;
  product_kernel *created = calloc(1, sizeof *created);
  if (created == NULL) return gb_status_of(api, GB_BAD_MEMORY);
  created->api = api;
  OrtStatus *status = read_matrices(created, info);
  if (status != NULL)
    destroy(created);
  else
    *kernel = created;
  return status;
}

static OrtStatus *compute(void *memory, OrtKernelContext *context) {
  const product_kernel *kernel = memory;
  const OrtApi *api = kernel->api;
  gb_tensor x, bias;
  float *y = NULL;
  OrtStatus *status = gb_input(api, context, 0, &x);
  if (status == NULL) status = gb_input(api, context, 1, &bias);
  if (status != NULL) return status;
  if (gb_tensor_columns(&x) != kernel->matrices[0].columns ||
      (bias.data != NULL && gb_tensor_columns(&bias) != kernel->rows))
    return gb_status_of(api, GB_MISMATCH);
  status = gb_output_like(api, context, &x, kernel->rows, &y);
  if (status != NULL) return status;
  gb_pool pool = {api, context};
  const gb_threads threads = gb_threads_of(&pool);
  return gb_status_of(api, gb_linear(&threads, kernel->matrices, kernel->count, x.data, gb_tensor_rows(&x), bias.data, y));
}

static const char *name(const OrtCustomOp *operator) {
  (void)operator;
  return "Product";
}

static size_t input_count(const OrtCustomOp *operator) {
  (void)operator;
  return 2;
}

static int input_characteristic(const OrtCustomOp *operator, size_t index) {
  (void)operator;
  return index == 1 ? ORT_OPTIONAL : ORT_REQUIRED;
}

const OrtCustomOp gb_product_operator = {
    .version = ORT_API_VERSION,
    .GetName = name,
    .GetExecutionProviderType = gb_cpu_provider,
    .GetInputType = gb_float_type,
    .GetInputTypeCount = input_count,
    .GetOutputType = gb_float_type,
    .GetOutputTypeCount = gb_one,
    .KernelDestroy = destroy,
    .GetInputCharacteristic = input_characteristic,
    .GetOutputCharacteristic = gb_required,
    .GetInputMemoryType = gb_default_memory,
    .CreateKernelV2 = create,
    .KernelComputeV2 = compute,
};
