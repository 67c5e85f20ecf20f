#ifndef GLASSBOX_ATTENTION_RUN_H
#define GLASSBOX_ATTENTION_RUN_H

#include "../attention/attention.h"
#include "threads.h"

/**
 * Enters the tokens into the cache and attends. Returns a gb_error: GB_BAD_SHAPE for heads that cannot be, GB_BAD_RANGE for
 * tokens that the cache has no room or the rotation no positions for; nothing is written then.
 */
int32_t gb_attend(const gb_threads *threads, const gb_attention *attention);

#endif
