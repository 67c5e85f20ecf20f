#if defined(__linux__)
#define _GNU_SOURCE /* madvise */
#endif

#include "memory.h"

#include <stdlib.h>

#include "../include/glassbox_cpu.h"

#if defined(_WIN32)
#include <malloc.h>
#elif defined(__linux__)
#include <sys/mman.h>
#endif

enum { LARGE_PAGE_BYTES = 2 << 20 };

static void *allocate(size_t bytes, size_t alignment) {
  if (bytes == 0 || bytes > SIZE_MAX - alignment) return NULL;
#if defined(_WIN32)
  return _aligned_malloc(bytes, alignment);
#else
  void *memory = NULL;
  return posix_memalign(&memory, alignment, bytes) == 0 ? memory : NULL;
#endif
}

void *gb_allocate(size_t bytes) {
  return allocate(bytes, GB_ALIGNMENT);
}

void *gb_allocate_resident(size_t bytes) {
  if (bytes < LARGE_PAGE_BYTES) return gb_allocate(bytes);
  void *memory = allocate(bytes, LARGE_PAGE_BYTES);
#if defined(__linux__)
  /* A request: where it is refused, pages are small, and nothing else differs. */
  if (memory != NULL) (void)madvise(memory, bytes - bytes % LARGE_PAGE_BYTES, MADV_HUGEPAGE);
#endif
  return memory;
}

void gb_free(void *memory) {
#if defined(_WIN32)
  _aligned_free(memory);
#else
  free(memory);
#endif
}
