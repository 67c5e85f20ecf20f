#ifndef GLASSBOX_LATENT_ATTENTION_H
#define GLASSBOX_LATENT_ATTENTION_H

#include "../attention/latent.h"
#include "threads.h"

/**
 * Enters the tokens into the cache, attends, and turns what was seen into values. Returns a gb_error,
 * as gb_check_attention; nothing is written then.
 */
int32_t gb_attend_latent(const gb_threads *threads, const gb_latent_attention *latent);

#endif
