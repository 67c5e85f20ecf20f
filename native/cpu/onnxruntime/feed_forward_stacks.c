#include "feed_forward_stacks.h"

#include <stdbool.h>
#include <stdlib.h>

void gb_stacks_destroy(void *memory) {
  gb_stacks_kernel *kernel = memory;
  gb_resident_release(kernel->gate);
  gb_resident_release(kernel->up);
  gb_resident_release(kernel->down);
  free(kernel);
}

static bool fit(const gb_stacks_kernel *kernel) {
  const gb_matrix gate = gb_resident_matrix(kernel->gate, 0), up = gb_resident_matrix(kernel->up, 0),
                  down = gb_resident_matrix(kernel->down, 0);
  const int64_t count = gb_resident_count(kernel->gate);
  return gb_resident_count(kernel->up) == count && gb_resident_count(kernel->down) == count && up.rows == gate.rows &&
         up.columns == gate.columns && down.rows == gate.columns && down.columns == gate.rows;
}

OrtStatus *gb_stacks_create(const OrtCustomOp *operator, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  (void)operator;
  gb_stacks_kernel *created = calloc(1, sizeof *created);
  if (created == NULL) return gb_status_of(api, GB_BAD_MEMORY);
  created->api = api;
  OrtStatus *status = gb_stack_attribute(api, info, "gate", &created->gate);
  if (status == NULL) status = gb_stack_attribute(api, info, "up", &created->up);
  if (status == NULL) status = gb_stack_attribute(api, info, "down", &created->down);
  if (status == NULL && !fit(created)) status = gb_status_of(api, GB_MISMATCH);
  if (status != NULL)
    gb_stacks_destroy(created);
  else
    *kernel = created;
  return status;
}
