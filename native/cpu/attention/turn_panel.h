/* Values from keys: of latent attention both are the latent, which the cache holds once, as keys. */
#ifndef GB_TURN_PANEL_H
#define GB_TURN_PANEL_H

#include <string.h>

#include "attention.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/** Dimensions that are turned at once. */
#define GB_TURNED 8

/** Eight dimensions of eight positions: out[position * width + d] = keys[d * GB_PANEL_KEYS + position]. */
static inline void gb_turn_square(const uint16_t *keys, uint16_t *out, int64_t width) {
#if defined(__SSE2__)
  __m128i a[GB_TURNED], b[GB_TURNED];
  for (int d = 0; d < GB_TURNED; d++) a[d] = _mm_loadu_si128((const __m128i *)(keys + d * GB_PANEL_KEYS));
  for (int d = 0; d < GB_TURNED; d += 2) {
    b[d] = _mm_unpacklo_epi16(a[d], a[d + 1]);
    b[d + 1] = _mm_unpackhi_epi16(a[d], a[d + 1]);
  }
  for (int half = 0; half < 2; half++) {
    /* Positions 4 half to 4 half + 3, two by two, of four dimensions each. */
    const __m128i first = _mm_unpacklo_epi32(b[half], b[2 + half]), second = _mm_unpackhi_epi32(b[half], b[2 + half]);
    const __m128i third = _mm_unpacklo_epi32(b[4 + half], b[6 + half]), fourth = _mm_unpackhi_epi32(b[4 + half], b[6 + half]);
    uint16_t *rows = out + 4 * half * width;
    _mm_storeu_si128((__m128i *)rows, _mm_unpacklo_epi64(first, third));
    _mm_storeu_si128((__m128i *)(rows + width), _mm_unpackhi_epi64(first, third));
    _mm_storeu_si128((__m128i *)(rows + 2 * width), _mm_unpacklo_epi64(second, fourth));
    _mm_storeu_si128((__m128i *)(rows + 3 * width), _mm_unpackhi_epi64(second, fourth));
  }
#else
  for (int position = 0; position < GB_TURNED; position++)
    for (int d = 0; d < GB_TURNED; d++) out[position * width + d] = keys[d * GB_PANEL_KEYS + position];
#endif
}

/** The first `dim` dimensions of a panel of keys as rows [16][width], zeros behind them. */
static inline void gb_turn_panel(const uint16_t *keys, int64_t dim, uint16_t *rows, int64_t width) {
  int64_t d = 0;
  for (; d + GB_TURNED <= dim; d += GB_TURNED)
    for (int position = 0; position < GB_PANEL_KEYS; position += GB_TURNED)
      gb_turn_square(keys + d * GB_PANEL_KEYS + position, rows + position * width + d, width);
  for (int position = 0; position < GB_PANEL_KEYS; position++) {
    uint16_t *row = rows + position * width;
    for (int64_t rest = d; rest < dim; rest++) row[rest] = keys[rest * GB_PANEL_KEYS + position];
    memset(row + dim, 0, (size_t)(width - dim) * sizeof *row);
  }
}

#endif
