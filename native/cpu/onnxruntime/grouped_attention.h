#ifndef GLASSBOX_GROUPED_ATTENTION_H
#define GLASSBOX_GROUPED_ATTENTION_H

#include "../attention/grouped.h"
#include "threads.h"

/** Enters the tokens into the cache and attends. Returns a gb_error, as gb_check_attention; nothing is written then. */
int32_t gb_attend_grouped(const gb_threads *threads, const gb_grouped_attention *grouped);

#endif
