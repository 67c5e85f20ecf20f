#include <stdlib.h>

#include "operator.h"
#include "router.h"

typedef struct router_kernel {
  const OrtApi *api;
  gb_router router;
} router_kernel;

static OrtStatus *read_attributes(router_kernel *kernel, const OrtKernelInfo *info) {
  const OrtApi *api = kernel->api;
  gb_router *router = &kernel->router;
  int64_t sigmoid = 0, normalize = 0;
  const struct {
    const char *name;
    int64_t *value;
  } whole[] = {{"experts", &router->experts},
               {"chosen", &router->chosen},
               {"groups", &router->groups},
               {"chosen_groups", &router->chosen_groups},
               {"sigmoid", &sigmoid},
               {"normalize", &normalize}};
  for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
    OrtStatus *status = ORT_KernelInfoGetAttribute_int64(api)(info, whole[i].name, whole[i].value);
    if (status != NULL) return status;
  }
  router->is_sigmoid = sigmoid != 0;
  router->normalizes = normalize != 0;
  OrtStatus *status = ORT_KernelInfoGetAttribute_float(api)(info, "scale", &router->scale);
  if (status != NULL) return status;
  return ORT_KernelInfoGetAttribute_float(api)(info, "least_sum", &router->least_sum);
}

static bool is_possible(const gb_router *router) {
  const int64_t experts = router->experts, groups = router->groups;
  return experts > 0 && experts <= GB_MOST_EXPERTS && router->chosen > 0 && router->chosen <= experts && groups > 0 &&
         experts % groups == 0 && router->chosen_groups > 0 && router->chosen_groups <= groups &&
         router->chosen <= router->chosen_groups * (experts / groups);
}

static OrtStatus *create(const OrtCustomOp *operator, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  (void)operator;
  router_kernel *created = calloc(1, sizeof *created);
  if (created == NULL) return gb_status_of(api, GB_BAD_MEMORY);
  created->api = api;
  OrtStatus *status = read_attributes(created, info);
  if (status == NULL && !is_possible(&created->router))
    status = gb_status(api, ORT_INVALID_ARGUMENT, "a router cannot choose so many experts of so few");
  if (status != NULL)
    free(created);
  else
    *kernel = created;
  return status;
}

static OrtStatus *compute(void *memory, OrtKernelContext *context) {
  const router_kernel *kernel = memory;
  const OrtApi *api = kernel->api;
  gb_router router = kernel->router;
  gb_tensor logits, bias;
  OrtStatus *status = gb_input(api, context, 0, &logits);
  if (status == NULL) status = gb_input(api, context, 1, &bias);
  if (status != NULL) return status;
  if (gb_tensor_columns(&logits) != router.experts ||
      (bias.data != NULL && gb_tensor_columns(&bias) != router.experts))
    return gb_status_of(api, GB_MISMATCH);
  router.bias = bias.data;
  void *experts = NULL, *weights = NULL;
  status = gb_output_of_width(api, context, 0, &logits, router.chosen, &experts);
  if (status == NULL) status = gb_output_of_width(api, context, 1, &logits, router.chosen, &weights);
  if (status != NULL) return status;
  gb_pool pool = {api, context};
  const gb_threads threads = gb_threads_of(&pool);
  gb_route(&threads, &router, logits.data, gb_tensor_rows(&logits), experts, weights);
  return NULL;
}

static const char *name(const OrtCustomOp *operator) {
  (void)operator;
  return "Router";
}

static size_t two(const OrtCustomOp *operator) {
  (void)operator;
  return 2;
}

static int input_characteristic(const OrtCustomOp *operator, size_t index) {
  (void)operator;
  return index == 1 ? ORT_OPTIONAL : ORT_REQUIRED;
}

static int output_type(const OrtCustomOp *operator, size_t index) {
  (void)operator;
  return index == 0 ? ORT_INT64 : ORT_FLOAT;
}

const OrtCustomOp gb_router_operator = {
    .version = ORT_API_VERSION,
    .GetName = name,
    .GetExecutionProviderType = gb_cpu_provider,
    .GetInputType = gb_float_type,
    .GetInputTypeCount = two,
    .GetOutputType = output_type,
    .GetOutputTypeCount = two,
    .KernelDestroy = free,
    .GetInputCharacteristic = input_characteristic,
    .GetOutputCharacteristic = gb_required,
    .GetInputMemoryType = gb_default_memory,
    .CreateKernelV2 = create,
    .KernelComputeV2 = compute,
};
