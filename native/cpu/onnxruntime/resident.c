#include "resident.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "memory.h"

/* A handle is an address: this tells a stack that is there from most that are not. */
static const uint64_t MAGIC = 0x7872746d786f6267u;

struct gb_resident {
  uint64_t magic;
  /** The creator and the operators that read it. */
  _Atomic int64_t users;
  int32_t type;
  int64_t count;
  int64_t rows;
  int64_t columns;
  /** Of one matrix, a multiple of GB_ALIGNMENT. */
  int64_t matrix_bytes;
  unsigned char *packed;
};

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
  *resident = (gb_resident){.magic = MAGIC,
                            .type = type,
                            .count = count,
                            .rows = rows,
                            .columns = columns,
                            .matrix_bytes = aligned(bytes),
                            .packed = packed};
  atomic_init(&resident->users, 1);
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
  gb_resident *resident = (gb_resident *)(intptr_t)handle;
  if (resident == NULL || handle % (int64_t)_Alignof(gb_resident) != 0 || resident->magic != MAGIC) return NULL;
  atomic_fetch_add(&resident->users, 1);
  return resident;
}

void gb_resident_release(gb_resident *resident) {
  if (resident == NULL || atomic_fetch_sub(&resident->users, 1) != 1) return;
  resident->magic = 0;
  gb_free(resident->packed);
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
