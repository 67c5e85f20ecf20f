/* How rows and lanes are cut into tiles whose sums stay in registers: GB_SUMS lanes of them (attention_loop.h). */
#ifndef GB_TILES_H
#define GB_TILES_H

#include "attention_kernel.h"

/** Rows that share what is read of the cache. */
#define TILE_ROWS (GB_SUMS < GB_MOST_ROWS ? GB_SUMS : GB_MOST_ROWS)
/** Lanes side by side that so many rows have registers for. */
#define TILE_LANES(rows) ((rows) * 4 <= GB_SUMS ? 4 : (rows) * 2 <= GB_SUMS ? 2 : 1)

/** The statement with ROWS as a constant. */
#define WITH_ROWS(rows, statement)                                                                                     \
  do {                                                                                                                 \
    switch (rows) {                                                                                                    \
    case 1: { enum { ROWS = 1 }; statement; } break;                                                                   \
    case 2: { enum { ROWS = 2 }; statement; } break;                                                                   \
    case 3: { enum { ROWS = 3 }; statement; } break;                                                                   \
    case 4: { enum { ROWS = 4 }; statement; } break;                                                                   \
    case 5: { enum { ROWS = 5 < TILE_ROWS ? 5 : TILE_ROWS }; statement; } break;                                       \
    case 6: { enum { ROWS = 6 < TILE_ROWS ? 6 : TILE_ROWS }; statement; } break;                                       \
    case 7: { enum { ROWS = 7 < TILE_ROWS ? 7 : TILE_ROWS }; statement; } break;                                       \
    default: { enum { ROWS = TILE_ROWS }; statement; } break;                                                          \
    }                                                                                                                  \
  } while (0)

static inline int tile_rows(int left) { return left < TILE_ROWS ? left : TILE_ROWS; }

#endif
