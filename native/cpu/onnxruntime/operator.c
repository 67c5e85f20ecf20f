#include "operator.h"

int64_t gb_tensor_rows(const gb_tensor *tensor) {
  int64_t rows = 1;
  for (size_t i = 0; i + 1 < tensor->rank; i++) rows *= tensor->shape[i];
  return rows;
}

int64_t gb_tensor_columns(const gb_tensor *tensor) {
  return tensor->rank == 0 ? 0 : tensor->shape[tensor->rank - 1];
}

OrtStatus *gb_status(const OrtApi *api, int code, const char *message) {
  return ORT_CreateStatus(api)(code, message);
}

OrtStatus *gb_status_of(const OrtApi *api, int32_t error) {
  return error == GB_OK ? NULL : gb_status(api, ORT_FAIL, gb_error_text(error));
}

OrtStatus *gb_input(const OrtApi *api, const OrtKernelContext *context, size_t index, gb_tensor *tensor) {
  *tensor = (gb_tensor){0};
  const OrtValue *value = NULL;
  OrtStatus *status = ORT_KernelContext_GetInput(api)(context, index, &value);
  if (status != NULL || value == NULL) return status;
  OrtTensorTypeAndShapeInfo *info = NULL;
  status = ORT_GetTensorTypeAndShape(api)(value, &info);
  if (status != NULL) return status;
  status = ORT_GetDimensionsCount(api)(info, &tensor->rank);
  if (status == NULL && tensor->rank > sizeof tensor->shape / sizeof *tensor->shape)
    status = gb_status(api, ORT_INVALID_ARGUMENT, "a tensor has more than 8 dimensions");
  if (status == NULL) status = ORT_GetDimensions(api)(info, tensor->shape, tensor->rank);
  ORT_ReleaseTensorTypeAndShapeInfo(api)(info);
  /* Inputs are not written to; there is no function that gives their address as const. */
  if (status == NULL) status = ORT_GetTensorMutableData(api)((OrtValue *)value, &tensor->data);
  return status;
}

OrtStatus *gb_output_at(const OrtApi *api, OrtKernelContext *context, size_t index, const gb_tensor *shape, void **data) {
  OrtValue *value = NULL;
  OrtStatus *status = ORT_KernelContext_GetOutput(api)(context, index, shape->shape, shape->rank, &value);
  return status == NULL ? ORT_GetTensorMutableData(api)(value, data) : status;
}

OrtStatus *gb_output_of_width(const OrtApi *api, OrtKernelContext *context, size_t index, const gb_tensor *like,
                              int64_t columns, void **data) {
  if (like->rank == 0) return gb_status(api, ORT_INVALID_ARGUMENT, "the input is a scalar");
  gb_tensor shape = *like;
  shape.shape[shape.rank - 1] = columns;
  return gb_output_at(api, context, index, &shape, data);
}

OrtStatus *gb_output_like(const OrtApi *api, OrtKernelContext *context, const gb_tensor *like, int64_t columns,
                          float **data) {
  void *memory = NULL;
  OrtStatus *status = gb_output_of_width(api, context, 0, like, columns, &memory);
  *data = memory;
  return status;
}

OrtStatus *gb_output_in_place(const OrtApi *api, OrtKernelContext *context, size_t index, const gb_tensor *past) {
  void *data = NULL;
  OrtStatus *status = gb_output_at(api, context, index, past, &data);
  if (status != NULL || data == past->data) return status;
  return gb_status(api, ORT_INVALID_ARGUMENT, "the cache that is read and the cache that is written are not one memory");
}

OrtStatus *gb_rotation_of(const OrtApi *api, const gb_tensor *cos, const gb_tensor *sin, gb_rotation *rotation) {
  if (cos->rank != 2 || sin->rank != 2 || cos->shape[0] != sin->shape[0] || cos->shape[1] != sin->shape[1])
    return gb_status(api, ORT_INVALID_ARGUMENT, "cosines and sines are not two tables of one shape");
  rotation->positions = cos->shape[0];
  rotation->pairs = cos->shape[1];
  rotation->cos = cos->data;
  rotation->sin = sin->data;
  return NULL;
}

OrtStatus *gb_position_of(const OrtApi *api, const gb_tensor *tensor, int64_t *position) {
  if (tensor->rank != 1 || tensor->shape[0] != 1)
    return gb_status(api, ORT_INVALID_ARGUMENT, "the first position is not one number");
  *position = *(const int64_t *)tensor->data;
  return NULL;
}

OrtStatus *gb_stack_attribute(const OrtApi *api, const OrtKernelInfo *info, const char *name, gb_resident **stack) {
  int64_t handle = 0;
  OrtStatus *status = ORT_KernelInfoGetAttribute_int64(api)(info, name, &handle);
  if (status != NULL) return status;
  *stack = gb_resident_retain(handle);
  return *stack == NULL ? gb_status(api, ORT_INVALID_ARGUMENT, "a matrix is not there any more") : NULL;
}

static void run_on_pool(void *pool, void (*task)(void *argument, size_t index), size_t count, void *argument) {
  const gb_pool *lent = pool;
  /* It can only fail for arguments that are not these. What it did not run is run here all the same. */
  if (ORT_KernelContext_ParallelFor(lent->api)(lent->context, task, count, 0, argument) == NULL) return;
  for (size_t index = 0; index < count; index++) task(argument, index);
}

gb_threads gb_threads_of(gb_pool *pool) {
  return (gb_threads){.run = run_on_pool, .pool = pool};
}

const char *gb_cpu_provider(const OrtCustomOp *operator) {
  (void)operator;
  return NULL;
}

int gb_float_type(const OrtCustomOp *operator, size_t index) {
  (void)operator;
  (void)index;
  return ORT_FLOAT;
}

int gb_required(const OrtCustomOp *operator, size_t index) {
  (void)operator;
  (void)index;
  return ORT_REQUIRED;
}

int gb_default_memory(const OrtCustomOp *operator, size_t index) {
  (void)operator;
  (void)index;
  return 0;
}

size_t gb_one(const OrtCustomOp *operator) {
  (void)operator;
  return 1;
}
