/* Which kernel runs: the fastest that processor, system and build have, unless a test forces another. */
#include "kernel.h"

#include <stdatomic.h>
#include <string.h>

/** Slowest first. */
static const gb_kernel *const KERNELS[] = {
    &gb_scalar_kernel,
#if defined(__x86_64__)
    &gb_avx2_kernel,
    &gb_avxvnni_kernel,
    &gb_avx512vnni_kernel,
    &gb_amx_kernel,
#elif defined(__aarch64__)
    &gb_neon_kernel,
#endif
};

#define KERNEL_COUNT ((int)(sizeof KERNELS / sizeof KERNELS[0]))

/** Null until the first product; several threads may find the same answer at once. */
static _Atomic(const gb_kernel *) current;

static const gb_kernel *fastest(void) {
  for (int i = KERNEL_COUNT - 1; i > 0; i--)
    if (KERNELS[i]->is_usable()) return KERNELS[i];
  return KERNELS[0];
}

const gb_kernel *gb_current_kernel(void) {
  const gb_kernel *kernel = atomic_load_explicit(&current, memory_order_acquire);
  if (!kernel) {
    kernel = fastest();
    atomic_store_explicit(&current, kernel, memory_order_release);
  }
  return kernel;
}

const char *gb_isa(void) { return gb_current_kernel()->name; }

const char *gb_usable_isa(int32_t index) {
  if (index < 0) return NULL;
  for (int i = 0; i < KERNEL_COUNT; i++)
    if (KERNELS[i]->is_usable() && index-- == 0) return KERNELS[i]->name;
  return NULL;
}

int32_t gb_force_isa(const char *name) {
  const gb_kernel *chosen = NULL;
  if (!name) {
    chosen = fastest();
  } else {
    for (int i = 0; i < KERNEL_COUNT; i++)
      if (strcmp(KERNELS[i]->name, name) == 0 && KERNELS[i]->is_usable()) chosen = KERNELS[i];
  }
  if (!chosen) return GB_NO_SUCH_ISA;
  atomic_store_explicit(&current, chosen, memory_order_release);
  return GB_OK;
}
