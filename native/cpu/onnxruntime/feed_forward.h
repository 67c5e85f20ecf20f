#ifndef GLASSBOX_FEED_FORWARD_H
#define GLASSBOX_FEED_FORWARD_H

#include "../include/glassbox_cpu.h"
#include "prepare.h"
#include "threads.h"

/** y = down(silu(gate x) * up x) for some tokens. */
typedef struct gb_feed_forward {
  /** [inner, width] */
  gb_matrix gate;
  gb_matrix up;
  /** [width, inner] */
  gb_matrix down;
  gb_rows x;
  int64_t tokens;
  /** [tokens, width] */
  float *y;
} gb_feed_forward;

/** Several of the same shapes at once (the experts that somebody chose). Returns a gb_error. */
int32_t gb_feed_forwards(const gb_threads *threads, const gb_feed_forward *parts, int64_t count);

#endif
