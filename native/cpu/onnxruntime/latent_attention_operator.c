#include <stdlib.h>

#include "latent_attention.h"
#include "operator.h"

/* Places of inputs and outputs, as glassbox_operators.h lists them. */
enum { X, KEYS, PAST, COS, SIN, NORM, KEY_UP, VALUE_UP, QUERIES, INPUTS };
enum { Y, NEXT_KEYS, OUTPUTS };

typedef struct latent_kernel {
  const OrtApi *api;
  int64_t value_dim;
  int64_t interleaved;
  float scale;
  float epsilon;
} latent_kernel;

static void destroy(void *kernel) {
  free(kernel);
}

static OrtStatus *create(const OrtCustomOp *operator, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  (void)operator;
  latent_kernel *created = calloc(1, sizeof *created);
  if (created == NULL) return gb_status_of(api, GB_BAD_MEMORY);
  created->api = api;
  OrtStatus *status = ORT_KernelInfoGetAttribute_int64(api)(info, "value_dim", &created->value_dim);
  if (status == NULL) status = ORT_KernelInfoGetAttribute_int64(api)(info, "interleaved", &created->interleaved);
  if (status == NULL) status = ORT_KernelInfoGetAttribute_float(api)(info, "scale", &created->scale);
  if (status == NULL) status = ORT_KernelInfoGetAttribute_float(api)(info, "epsilon", &created->epsilon);
  if (status == NULL && created->value_dim < 1) status = gb_status_of(api, GB_BAD_SHAPE);
  if (status != NULL)
    destroy(created);
  else
    *kernel = created;
  return status;
}

/** The cache's shapes, and that of the rotation. */
static OrtStatus *read_cache(const OrtApi *api, const gb_tensor inputs[INPUTS], gb_latent_attention *latent) {
  gb_attention *a = &latent->attention;
  const gb_tensor *keys = &inputs[KEYS], *norm = &inputs[NORM];
  if (keys->rank != 3 || keys->shape[2] != GB_PANEL_KEYS)
    return gb_status(api, ORT_INVALID_ARGUMENT, "the keys are not [panels, dimensions, 16]");
  if (norm->rank != 1) return gb_status(api, ORT_INVALID_ARGUMENT, "the norm is no vector");
  a->panels = keys->shape[0];
  a->key_dim = keys->shape[1];
  a->value_dim = norm->shape[0];
  OrtStatus *status = gb_position_of(api, &inputs[PAST], &a->past);
  if (status == NULL) status = gb_rotation_of(api, &inputs[COS], &inputs[SIN], &latent->rotation);
  if (status == NULL && a->key_dim != a->value_dim + 2 * latent->rotation.pairs)
    status = gb_status(api, ORT_INVALID_ARGUMENT, "keys are not a latent and what is rotated");
  return status;
}

/** The matrices' shapes, and where a token's queries and latent are. */
static OrtStatus *read_tokens(const OrtApi *api, const gb_tensor inputs[INPUTS], gb_latent_attention *latent) {
  gb_attention *a = &latent->attention;
  const gb_tensor *key_up = &inputs[KEY_UP], *value_up = &inputs[VALUE_UP], *x = &inputs[X], *queries = &inputs[QUERIES];
  if (key_up->rank != 4 || key_up->shape[0] < 1 || key_up->shape[1] != gb_column_panels(a->value_dim) ||
      key_up->shape[3] != GB_PANEL_KEYS)
    return gb_status(api, ORT_INVALID_ARGUMENT, "what leads into the latent space is not [heads, panels, dimensions, 16]");
  a->query_heads = key_up->shape[0];
  latent->plain_dim = key_up->shape[2];
  if (value_up->rank != 4 || value_up->shape[0] != a->query_heads ||
      value_up->shape[1] != gb_column_panels(latent->value_dim) || value_up->shape[2] != a->value_dim ||
      value_up->shape[3] != GB_PANEL_KEYS)
    return gb_status(api, ORT_INVALID_ARGUMENT, "what leads out of the latent space is not [heads, panels, latent, 16]");
  const int64_t columns = gb_tensor_columns(x), query_columns = a->query_heads * (latent->plain_dim + 2 * latent->rotation.pairs);
  const bool is_apart = queries->data != NULL;
  if (is_apart ? columns < a->key_dim : columns != query_columns + a->key_dim)
    return gb_status(api, ORT_INVALID_ARGUMENT, "the input is not queries, latent and key of these heads");
  a->tokens = gb_tensor_rows(x);
  latent->query_tokens = is_apart ? gb_tensor_rows(queries) : a->tokens;
  const bool has_queries = a->tokens == 0 ? latent->query_tokens == 0 : latent->query_tokens > 0;
  if (!has_queries || latent->query_tokens > a->tokens || (is_apart && gb_tensor_columns(queries) != query_columns))
    return gb_status(api, ORT_INVALID_ARGUMENT, "the queries are not those of these heads and of the last of these tokens");
  latent->queries = is_apart ? queries->data : x->data;
  latent->query_stride = is_apart ? query_columns : columns;
  latent->latents = (const float *)x->data + columns - a->key_dim;
  latent->latent_stride = columns;
  return NULL;
}

static OrtStatus *compute(void *memory, OrtKernelContext *context) {
  const latent_kernel *kernel = memory;
  const OrtApi *api = kernel->api;
  gb_tensor inputs[INPUTS];
  OrtStatus *status = NULL;
  for (size_t i = 0; i < INPUTS && status == NULL; i++) status = gb_input(api, context, i, &inputs[i]);
  gb_latent_attention latent = {.attention = {.kv_heads = 1},
                                .rotation = {.is_interleaved = kernel->interleaved != 0},
                                .scale = kernel->scale,
                                .epsilon = kernel->epsilon,
                                .value_dim = kernel->value_dim};
  gb_attention *a = &latent.attention;
  if (status == NULL) status = read_cache(api, inputs, &latent);
  if (status == NULL) status = read_tokens(api, inputs, &latent);
  if (status == NULL) status = gb_output_in_place(api, context, NEXT_KEYS, &inputs[KEYS]);
  const gb_tensor *looking = &inputs[inputs[QUERIES].data == NULL ? X : QUERIES];
  if (status == NULL) status = gb_output_like(api, context, looking, a->query_heads * latent.value_dim, &latent.y);
  if (status != NULL) return status;
  a->keys = inputs[KEYS].data;
  latent.norm = inputs[NORM].data;
  latent.key_up = inputs[KEY_UP].data;
  latent.value_up = inputs[VALUE_UP].data;
  gb_pool pool = {api, context};
  const gb_threads threads = gb_threads_of(&pool);
  return gb_status_of(api, gb_attend_latent(&threads, &latent));
}

static const char *name(const OrtCustomOp *operator) {
  (void)operator;
  return "LatentAttention";
}

static size_t input_count(const OrtCustomOp *operator) {
  (void)operator;
  return INPUTS;
}

static int input_type(const OrtCustomOp *operator, size_t index) {
  (void)operator;
  if (index == KEYS) return ORT_FLOAT16;
  return index == PAST ? ORT_INT64 : ORT_FLOAT;
}

static int input_characteristic(const OrtCustomOp *operator, size_t index) {
  (void)operator;
  return index == QUERIES ? ORT_OPTIONAL : ORT_REQUIRED;
}

static size_t output_count(const OrtCustomOp *operator) {
  (void)operator;
  return OUTPUTS;
}

static int output_type(const OrtCustomOp *operator, size_t index) {
  (void)operator;
  return index == Y ? ORT_FLOAT : ORT_FLOAT16;
}

const OrtCustomOp gb_latent_attention_operator = {
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
