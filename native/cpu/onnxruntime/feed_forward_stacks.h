#ifndef GLASSBOX_FEED_FORWARD_STACKS_H
#define GLASSBOX_FEED_FORWARD_STACKS_H

#include "operator.h"

/** What the attributes gate, up and down of an operator name; null: nothing. */
typedef struct gb_stacks {
  gb_resident *gate;
  gb_resident *up;
  gb_resident *down;
} gb_stacks;

/** Stacks that fit together, by the names of their attributes. What is there is the caller's to release, also after a failure. */
OrtStatus *gb_stacks_read(const OrtApi *api, const OrtKernelInfo *info, const char *const names[3], gb_stacks *stacks);
void gb_stacks_release(gb_stacks *stacks);

#endif
