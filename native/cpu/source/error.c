#include "../include/glassbox_cpu.h"

const char *gb_error_text(int32_t error) {
  switch (error) {
  case GB_OK:
    return "nothing went wrong";
  case GB_UNKNOWN_TYPE:
    return "this weight type has no packed form";
  case GB_BAD_SHAPE:
    return "the rows, columns or tokens are not positive, too many, or not whole blocks";
  case GB_BAD_RANGE:
    return "the range is not inside its whole or cuts a panel";
  case GB_BAD_MEMORY:
    return "memory is missing, too small for its shape, or not aligned to 64 bytes";
  case GB_MISMATCH:
    return "the matrix and the inputs differ in columns";
  case GB_NO_SUCH_ISA:
    return "this machine or this build lacks the instruction set";
  default:
    return "unknown error";
  }
}

int32_t gb_version(void) { return GB_VERSION; }
