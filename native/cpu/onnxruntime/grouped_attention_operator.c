#include <stdlib.h>

#include "grouped_attention.h"
#include "operator.h"

/* Places of inputs and outputs, as glassbox_operators.h lists them. */
enum { X, KEYS, VALUES, PAST, COS, SIN, QUERY_NORM, KEY_NORM, INPUTS };
enum { Y, NEXT_KEYS, NEXT_VALUES, OUTPUTS };

typedef struct attention_kernel {
  const OrtApi *api;
  int64_t query_heads;
  int64_t interleaved;
  float scale;
  float epsilon;
} attention_kernel;

static void destroy(void *kernel) {
  free(kernel);
}

static OrtStatus *create(const OrtCustomOp *operator, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  (void)operator;
  attention_kernel *created = calloc(1, sizeof *created);
  if (created == NULL) return gb_status_of(api, GB_BAD_MEMORY);
  created->api = api;
  OrtStatus *status = ORT_KernelInfoGetAttribute_int64(api)(info, "query_heads", &created->query_heads);
  if (status == NULL) status = ORT_KernelInfoGetAttribute_int64(api)(info, "interleaved", &created->interleaved);
  if (status == NULL) status = ORT_KernelInfoGetAttribute_float(api)(info, "scale", &created->scale);
  if (status == NULL) status = ORT_KernelInfoGetAttribute_float(api)(info, "epsilon", &created->epsilon);
  if (status == NULL && created->query_heads < 1) status = gb_status_of(api, GB_BAD_SHAPE);
  if (status != NULL)
    destroy(created);
  else
    *kernel = created;
  return status;
}

static bool is_vector(const gb_tensor *tensor, int64_t length) {
  return tensor->data == NULL || (tensor->rank == 1 && tensor->shape[0] == length);
}

static OrtStatus *read_shapes(const OrtApi *api, const gb_tensor inputs[INPUTS], gb_grouped_attention *grouped) {
  gb_attention *a = &grouped->attention;
  const gb_tensor *keys = &inputs[KEYS], *values = &inputs[VALUES], *cos = &inputs[COS], *sin = &inputs[SIN];
  if (keys->rank != 4 || keys->shape[3] != GB_PANEL_KEYS || keys->shape[0] < 1 || keys->shape[2] < 1)
    return gb_status(api, ORT_INVALID_ARGUMENT, "the keys are not [heads, panels, dimensions, 16]");
  a->kv_heads = keys->shape[0];
  a->panels = keys->shape[1];
  a->key_dim = a->value_dim = keys->shape[2];
  if (values->rank != 3 || values->shape[0] != a->kv_heads || values->shape[1] != a->panels * GB_PANEL_KEYS ||
      values->shape[2] != gb_value_width(a->value_dim))
    return gb_status(api, ORT_INVALID_ARGUMENT, "the values are not [heads, 16 panels, dimensions in sixteens] of the keys");
  OrtStatus *status = gb_rotation_of(api, cos, sin, &grouped->rotation);
  if (status != NULL) return status;
  if (!is_vector(&inputs[QUERY_NORM], a->key_dim) || !is_vector(&inputs[KEY_NORM], a->key_dim))
    return gb_status(api, ORT_INVALID_ARGUMENT, "a norm has another length than a head");
  if (gb_tensor_columns(&inputs[X]) != (a->query_heads + 2 * a->kv_heads) * a->key_dim)
    return gb_status(api, ORT_INVALID_ARGUMENT, "the input is not query, key and value of these heads");
  return gb_position_of(api, &inputs[PAST], &a->past);
}

static OrtStatus *compute(void *memory, OrtKernelContext *context) {
  const attention_kernel *kernel = memory;
  const OrtApi *api = kernel->api;
  gb_tensor inputs[INPUTS];
  OrtStatus *status = NULL;
  for (size_t i = 0; i < INPUTS && status == NULL; i++) status = gb_input(api, context, i, &inputs[i]);
  gb_grouped_attention grouped = {.attention = {.query_heads = kernel->query_heads},
                                  .rotation = {.is_interleaved = kernel->interleaved != 0},
                                  .scale = kernel->scale,
                                  .epsilon = kernel->epsilon};
  gb_attention *a = &grouped.attention;
  if (status == NULL) status = read_shapes(api, inputs, &grouped);
  if (status == NULL) status = gb_output_in_place(api, context, NEXT_KEYS, &inputs[KEYS]);
  if (status == NULL) status = gb_output_in_place(api, context, NEXT_VALUES, &inputs[VALUES]);
  if (status == NULL) status = gb_output_like(api, context, &inputs[X], a->query_heads * a->value_dim, &a->y);
  if (status != NULL) return status;
  a->tokens = gb_tensor_rows(&inputs[X]);
  grouped.x = inputs[X].data;
  a->keys = inputs[KEYS].data;
  a->values = inputs[VALUES].data;
  grouped.query_norm = inputs[QUERY_NORM].data;
  grouped.key_norm = inputs[KEY_NORM].data;
  gb_pool pool = {api, context};
  const gb_threads threads = gb_threads_of(&pool);
  return gb_status_of(api, gb_attend_grouped(&threads, &grouped));
}

static const char *name(const OrtCustomOp *operator) {
  (void)operator;
  return "Attention";
}

static size_t input_count(const OrtCustomOp *operator) {
  (void)operator;
  return INPUTS;
}

static int input_type(const OrtCustomOp *operator, size_t index) {
  (void)operator;
  if (index == KEYS || index == VALUES) return ORT_FLOAT16;
  return index == PAST ? ORT_INT64 : ORT_FLOAT;
}

static int input_characteristic(const OrtCustomOp *operator, size_t index) {
  (void)operator;
  return index == QUERY_NORM || index == KEY_NORM ? ORT_OPTIONAL : ORT_REQUIRED;
}

static size_t output_count(const OrtCustomOp *operator) {
  (void)operator;
  return OUTPUTS;
}

static int output_type(const OrtCustomOp *operator, size_t index) {
  (void)operator;
  return index == Y ? ORT_FLOAT : ORT_FLOAT16;
}

const OrtCustomOp gb_attention_operator = {
    .version = ORT_API_VERSION,
    .GetName = name,
    .GetExecutionProviderType = gb_cpu_provider,
    .GetInputType = input_type,
    .GetInputTypeCount = input_count,
    .GetOutputType = output_type,
    .GetOutputTypeCount = output_count,
    .KernelDestroy = destroy,
    .GetInputCharacteristic = input_characteristic,
    .GetOutputCharacteristic = gb_required,
    .GetInputMemoryType = gb_default_memory,
    .CreateKernelV2 = create,
    .KernelComputeV2 = compute,
};
