#ifndef GLASSBOX_ATTENTION_RUN_H
#define GLASSBOX_ATTENTION_RUN_H

#include "../attention/attention.h"
#include "threads.h"

/** A task multiplies at least so many numbers: some microseconds. */
enum { GRAIN_PRODUCTS = 128 << 10 };

/**
 * A gb_error: GB_BAD_SHAPE for heads that cannot be, GB_BAD_RANGE for tokens that the cache has no room or the rotation no
 * positions for.
 */
int32_t gb_check_attention(const gb_attention *attention, const gb_rotation *rotation);

/**
 * What queries [kv_heads][tokens * group][key_dim] see in a cache that has the tokens, of attention that has been checked.
 * Returns a gb_error.
 */
int32_t gb_attend(const gb_threads *threads, const gb_attention *attention, const float *queries);

#endif
