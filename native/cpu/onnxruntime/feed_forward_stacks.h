#ifndef GLASSBOX_FEED_FORWARD_STACKS_H
#define GLASSBOX_FEED_FORWARD_STACKS_H

#include "experts.h"
#include "operator.h"

/** The kernel of an operator whose attributes are gate, up and down. */
typedef struct gb_stacks_kernel {
  const OrtApi *api;
  gb_resident *gate;
  gb_resident *up;
  gb_resident *down;
} gb_stacks_kernel;

/** CreateKernelV2 and KernelDestroy of these operators. */
OrtStatus *gb_stacks_create(const OrtCustomOp *operator, const OrtApi *api, const OrtKernelInfo *info, void **kernel);
void gb_stacks_destroy(void *kernel);

#endif
