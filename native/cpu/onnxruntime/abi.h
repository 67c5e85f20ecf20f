/*
 * The part of ONNX Runtime's C interface that our operators use, declared after onnxruntime_c_api.h of the version that
 * package.json pins: functions are reached by their place in the OrtApi table, which only ever grows at its end.
 * register.c refuses every other version before any of this is used.
 */
#ifndef GLASSBOX_ONNXRUNTIME_ABI_H
#define GLASSBOX_ONNXRUNTIME_ABI_H

#include <stddef.h>
#include <stdint.h>

#define ORT_PINNED_VERSION "1.30.0"
#define ORT_API_VERSION 30

typedef struct OrtStatus OrtStatus;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtCustomOpDomain OrtCustomOpDomain;
typedef struct OrtKernelInfo OrtKernelInfo;
typedef struct OrtKernelContext OrtKernelContext;
typedef struct OrtValue OrtValue;
typedef struct OrtTensorTypeAndShapeInfo OrtTensorTypeAndShapeInfo;

typedef void (*OrtFunction)(void);
typedef struct OrtApi {
  OrtFunction functions[275];
} OrtApi;

typedef struct OrtApiBase {
  const OrtApi *(*GetApi)(uint32_t version);
  const char *(*GetVersionString)(void);
} OrtApiBase;

/* OrtErrorCode */
enum { ORT_FAIL = 1, ORT_INVALID_ARGUMENT = 2 };
/* ONNXTensorElementDataType */
enum { ORT_FLOAT = 1, ORT_INT64 = 7 };
/* OrtCustomOpInputOutputCharacteristic */
enum { ORT_REQUIRED = 0, ORT_OPTIONAL = 1 };

/** What ONNX Runtime asks of an operator. Members that are null are not there. */
typedef struct OrtCustomOp OrtCustomOp;
struct OrtCustomOp {
  uint32_t version;
  void *(*CreateKernel)(const OrtCustomOp *, const OrtApi *, const OrtKernelInfo *);
  const char *(*GetName)(const OrtCustomOp *);
  const char *(*GetExecutionProviderType)(const OrtCustomOp *);
  int (*GetInputType)(const OrtCustomOp *, size_t index);
  size_t (*GetInputTypeCount)(const OrtCustomOp *);
  int (*GetOutputType)(const OrtCustomOp *, size_t index);
  size_t (*GetOutputTypeCount)(const OrtCustomOp *);
  void (*KernelCompute)(void *kernel, OrtKernelContext *);
  void (*KernelDestroy)(void *kernel);
  int (*GetInputCharacteristic)(const OrtCustomOp *, size_t index);
  int (*GetOutputCharacteristic)(const OrtCustomOp *, size_t index);
  int (*GetInputMemoryType)(const OrtCustomOp *, size_t index);
  int (*GetVariadicInputMinArity)(const OrtCustomOp *);
  int (*GetVariadicInputHomogeneity)(const OrtCustomOp *);
  int (*GetVariadicOutputMinArity)(const OrtCustomOp *);
  int (*GetVariadicOutputHomogeneity)(const OrtCustomOp *);
  OrtStatus *(*CreateKernelV2)(const OrtCustomOp *, const OrtApi *, const OrtKernelInfo *, void **kernel);
  OrtStatus *(*KernelComputeV2)(void *kernel, OrtKernelContext *);
  OrtStatus *(*InferOutputShapeFn)(const OrtCustomOp *, void *context);
  int (*GetStartVersion)(const OrtCustomOp *);
  int (*GetEndVersion)(const OrtCustomOp *);
  size_t (*GetMayInplace)(int **inputs, int **outputs);
  void (*ReleaseMayInplace)(int *inputs, int *outputs);
  size_t (*GetAliasMap)(int **inputs, int **outputs);
  void (*ReleaseAliasMap)(int *inputs, int *outputs);
};

/* Calls of the table, named as there: place and type. */
#define ORT_CALL(api, place, ...) ((OrtStatus * (*)(__VA_ARGS__))(api)->functions[place])

#define ORT_CreateStatus(api) ((OrtStatus * (*)(int, const char *))(api)->functions[0])
#define ORT_CreateCustomOpDomain(api) ORT_CALL(api, 26, const char *, OrtCustomOpDomain **)
#define ORT_CustomOpDomain_Add(api) ORT_CALL(api, 27, OrtCustomOpDomain *, const OrtCustomOp *)
#define ORT_AddCustomOpDomain(api) ORT_CALL(api, 28, OrtSessionOptions *, OrtCustomOpDomain *)
#define ORT_GetTensorMutableData(api) ORT_CALL(api, 51, OrtValue *, void **)
#define ORT_GetDimensionsCount(api) ORT_CALL(api, 61, const OrtTensorTypeAndShapeInfo *, size_t *)
#define ORT_GetDimensions(api) ORT_CALL(api, 62, const OrtTensorTypeAndShapeInfo *, int64_t *, size_t)
#define ORT_GetTensorTypeAndShape(api) ORT_CALL(api, 65, const OrtValue *, OrtTensorTypeAndShapeInfo **)
#define ORT_KernelInfoGetAttribute_int64(api) ORT_CALL(api, 86, const OrtKernelInfo *, const char *, int64_t *)
#define ORT_KernelContext_GetInput(api) ORT_CALL(api, 90, const OrtKernelContext *, size_t, const OrtValue **)
#define ORT_KernelContext_GetOutput(api)                                                                               \
  ORT_CALL(api, 91, OrtKernelContext *, size_t, const int64_t *, size_t, OrtValue **)
#define ORT_ReleaseTensorTypeAndShapeInfo(api) ((void (*)(OrtTensorTypeAndShapeInfo *))(api)->functions[99])
#define ORT_KernelInfoGetAttributeArray_int64(api)                                                                     \
  ORT_CALL(api, 163, const OrtKernelInfo *, const char *, int64_t *, size_t *)
#define ORT_KernelContext_ParallelFor(api)                                                                             \
  ORT_CALL(api, 274, const OrtKernelContext *, void (*)(void *, size_t), size_t, size_t, void *)

#endif
