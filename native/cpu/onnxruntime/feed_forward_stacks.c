#include "feed_forward_stacks.h"

#include <stdbool.h>

void gb_stacks_release(gb_stacks *stacks) {
  gb_resident_release(stacks->gate);
  gb_resident_release(stacks->up);
  gb_resident_release(stacks->down);
}

static bool fit(const gb_stacks *stacks) {
  const gb_matrix gate = gb_resident_matrix(stacks->gate, 0), up = gb_resident_matrix(stacks->up, 0),
                  down = gb_resident_matrix(stacks->down, 0);
  const int64_t count = gb_resident_count(stacks->gate);
  return gb_resident_count(stacks->up) == count && gb_resident_count(stacks->down) == count && up.rows == gate.rows &&
         up.columns == gate.columns && down.rows == gate.columns && down.columns == gate.rows;
}

OrtStatus *gb_stacks_read(const OrtApi *api, const OrtKernelInfo *info, const char *const names[3], gb_stacks *stacks) {
  OrtStatus *status = gb_stack_attribute(api, info, names[0], &stacks->gate);
  if (status == NULL) status = gb_stack_attribute(api, info, names[1], &stacks->up);
  if (status == NULL) status = gb_stack_attribute(api, info, names[2], &stacks->down);
  return status == NULL && !fit(stacks) ? gb_status_of(api, GB_MISMATCH) : status;
}
