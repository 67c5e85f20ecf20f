#ifndef GLASSBOX_MEMORY_H
#define GLASSBOX_MEMORY_H

#include <stddef.h>

/**
 * `bytes` at a multiple of GB_ALIGNMENT, or null, for a part of a run: the next of that size takes their place. Contents are
 * undefined.
 */
void *gb_allocate(size_t bytes);

void gb_free(void *memory);

/** As gb_allocate, for what stays and is read from end to end: large pages where the system has them. */
void *gb_allocate_resident(size_t bytes);

void gb_free_resident(void *memory);

#endif
