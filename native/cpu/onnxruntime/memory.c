#if defined(__linux__)
#define _GNU_SOURCE /* madvise */
#endif

#include "memory.h"

#include <stdint.h>
#include <stdlib.h>

#include "../include/glassbox_cpu.h"

#if defined(_WIN32)
#include <malloc.h>
#elif defined(__linux__)
#include <sys/mman.h>
#endif

enum { LARGE_PAGE_BYTES = 2 << 20 };

/*
 * Aligned by hand, with what malloc gave in front. glibc's posix_memalign asks its heap for the alignment on top and gives the rest
 * back, so what was freed is too small for the next block of the same size: every layer of a run took fresh memory, 64 MB
 * of a model of 30 layers, on each thread that ever ran it.
 */
void *gb_allocate(size_t bytes) {
  const size_t slack = sizeof(void *) + GB_ALIGNMENT - 1;
  if (bytes == 0 || bytes > SIZE_MAX - slack) return NULL;
  char *given = malloc(bytes + slack);
  if (given == NULL) return NULL;
  const uintptr_t first = (uintptr_t)given + slack;
  void **memory = (void **)(first - first % GB_ALIGNMENT);
  memory[-1] = given;
  return memory;
}

void gb_free(void *memory) {
  if (memory != NULL) free(((void **)memory)[-1]);
}

void *gb_allocate_resident(size_t bytes) {
  const size_t alignment = bytes < LARGE_PAGE_BYTES ? GB_ALIGNMENT : LARGE_PAGE_BYTES;
  if (bytes == 0 || bytes > SIZE_MAX - alignment) return NULL;
#if defined(_WIN32)
  return _aligned_malloc(bytes, alignment);
#else
  void *memory = NULL;
  if (posix_memalign(&memory, alignment, bytes) != 0) return NULL;
#if defined(__linux__)
  /* A request: where it is refused, pages are small, and nothing else differs. */
  if (alignment == LARGE_PAGE_BYTES) (void)madvise(memory, bytes - bytes % LARGE_PAGE_BYTES, MADV_HUGEPAGE);
#endif
  return memory;
#endif
}

void gb_free_resident(void *memory) {
#if defined(_WIN32)
  _aligned_free(memory);
#else
  free(memory);
#endif
}
