#include "resident.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "memory.h"

struct gb_resident {
  /** All that there are, so that a number can be told from a handle. */
  gb_resident *next;
  /** The creator and the operators that read it. */
  int64_t users;
  int32_t type;
  int64_t count;
  int64_t rows;
  int64_t columns;
  /** Of one matrix, a multiple of GB_ALIGNMENT. */
  int64_t matrix_bytes;
  unsigned char *packed;
};

static gb_resident *all;
/** Held for a few steps only, while `all` or a count of users is looked at. */
static atomic_flag lock = ATOMIC_FLAG_INIT;

static void enter(void) {
  while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire)) {
  }
}

static void leave(void) {
  atomic_flag_clear_explicit(&lock, memory_order_release);
}

static int64_t aligned(int64_t bytes) {
  return (bytes + GB_ALIGNMENT - 1) / GB_ALIGNMENT * GB_ALIGNMENT;
}

gb_resident *gb_resident_create(int32_t type, int64_t count, int64_t rows, int64_t columns, int32_t *error) {
  const int64_t bytes = gb_packed_bytes(type, rows, columns);
  *error = bytes < 0 ? (int32_t)bytes : GB_OK;
  if (*error == GB_OK && (count < 1 || aligned(bytes) > INT64_MAX / count)) *error = GB_BAD_SHAPE;
  if (*error != GB_OK) return NULL;
  gb_resident *resident = malloc(sizeof *resident);
  void *packed = resident == NULL ? NULL : gb_allocate_resident((size_t)(aligned(bytes) * count));
  if (packed == NULL) {
    free(resident);
    *error = GB_BAD_MEMORY;
    return NULL;
  }
  *resident = (gb_resident){.users = 1,
                            .type = type,
                            .count = count,
                            .rows = rows,
                            .columns = columns,
                            .matrix_bytes = aligned(bytes),
                            .packed = packed};
  enter();
  resident->next = all;
  all = resident;
  leave();
  return resident;
}

int32_t gb_resident_pack(gb_resident *resident, int64_t index, const void *source, int64_t source_bytes,
                         int64_t first_row, int64_t end_row) {
  if (resident == NULL) return GB_BAD_MEMORY;
  if (index < 0 || index >= resident->count) return GB_BAD_RANGE;
  return gb_pack(resident->type, source, source_bytes, resident->rows, resident->columns, first_row, end_row,
                 resident->packed + index * resident->matrix_bytes, resident->matrix_bytes);
}

gb_resident *gb_resident_retain(int64_t handle) {
  enter();
  gb_resident *resident = all;
  while (resident != NULL && (int64_t)(intptr_t)resident != handle) resident = resident->next;
  if (resident != NULL) resident->users++;
  leave();
  return resident;
}

void gb_resident_release(gb_resident *resident) {
  if (resident == NULL) return;
  enter();
  const bool is_last = --resident->users == 0;
  if (is_last) {
    gb_resident **at = &all;
    while (*at != resident) at = &(*at)->next;
    *at = resident->next;
  }
  leave();
  if (!is_last) return;
  gb_free_resident(resident->packed);
  free(resident);
}

int64_t gb_resident_count(const gb_resident *resident) {
  return resident->count;
}

gb_matrix gb_resident_matrix(const gb_resident *resident, int64_t index) {
  return (gb_matrix){.type = resident->type,
                     .rows = resident->rows,
                     .columns = resident->columns,
                     .packed = resident->packed + index * resident->matrix_bytes,
                     .packed_bytes = resident->matrix_bytes};
}
