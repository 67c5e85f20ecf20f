/* What our operators have in common on their way into and out of ONNX Runtime. */
#ifndef GLASSBOX_OPERATOR_H
#define GLASSBOX_OPERATOR_H

#include "../attention/attention.h"
#include "abi.h"
#include "resident.h"
#include "threads.h"

/** One for each operator: what register.c adds. */
extern const OrtCustomOp gb_product_operator;
extern const OrtCustomOp gb_feed_forward_operator;
extern const OrtCustomOp gb_experts_operator;
extern const OrtCustomOp gb_attention_operator;
extern const OrtCustomOp gb_latent_attention_operator;
extern const OrtCustomOp gb_router_operator;
extern const OrtCustomOp gb_norm_operator;

/** A tensor that an operator reads or writes. */
typedef struct gb_tensor {
  void *data;
  size_t rank;
  int64_t shape[8];
} gb_tensor;

/** All dimensions but the last, multiplied. */
int64_t gb_tensor_rows(const gb_tensor *tensor);
/** The last dimension; 0 for a scalar. */
int64_t gb_tensor_columns(const gb_tensor *tensor);

/* Statuses: null is success, all others are the caller's to hand on. */

OrtStatus *gb_status(const OrtApi *api, int code, const char *message);
/** What an operator could not do, for one of gb_error; null for GB_OK. */
OrtStatus *gb_status_of(const OrtApi *api, int32_t error);

/** Input `index`; data is null where an optional input is left out. */
OrtStatus *gb_input(const OrtApi *api, const OrtKernelContext *context, size_t index, gb_tensor *tensor);
/** Output `index`, made in this shape. */
OrtStatus *gb_output_at(const OrtApi *api, OrtKernelContext *context, size_t index, const gb_tensor *shape, void **data);
/** Output `index`, made in the shape of `like` with another last dimension. */
OrtStatus *gb_output_of_width(const OrtApi *api, OrtKernelContext *context, size_t index, const gb_tensor *like,
                              int64_t columns, void **data);
/** That for output 0, which holds floats. */
OrtStatus *gb_output_like(const OrtApi *api, OrtKernelContext *context, const gb_tensor *like, int64_t columns,
                          float **data);

/** Output `index`, refused where it is not the memory of the input `past`: a cache is written where it was read. */
OrtStatus *gb_output_in_place(const OrtApi *api, OrtKernelContext *context, size_t index, const gb_tensor *past);

/** Tables [positions, pairs]; whether they are interleaved is left. */
OrtStatus *gb_rotation_of(const OrtApi *api, const gb_tensor *cos, const gb_tensor *sin, gb_rotation *rotation);

/** The first position of the tokens, [1]. */
OrtStatus *gb_position_of(const OrtApi *api, const gb_tensor *tensor, int64_t *position);

/** The stack that attribute `name` is a handle of, retained. */
OrtStatus *gb_stack_attribute(const OrtApi *api, const OrtKernelInfo *info, const char *name, gb_resident **stack);

/** What gb_threads_of lends. */
typedef struct gb_pool {
  const OrtApi *api;
  const OrtKernelContext *context;
} gb_pool;
/** ONNX Runtime's own threads, while a kernel runs. */
gb_threads gb_threads_of(gb_pool *pool);

/* Members of OrtCustomOp that are the same for all. */
const char *gb_cpu_provider(const OrtCustomOp *);
int gb_float_type(const OrtCustomOp *, size_t index);
int gb_required(const OrtCustomOp *, size_t index);
int gb_default_memory(const OrtCustomOp *, size_t index);
size_t gb_one(const OrtCustomOp *);

#endif
