/*
 * How prepared inputs lie in memory. A block of 32 columns of a token is scale * (16 * high + low), high from -127 to 127
 * and low from -8 to 7: 12 bits, as many as a half float's, so that a product with integer codes is two exact products of
 * bytes. Sixteen is as far as a four-bit code can be shifted in a byte: an AMX tile with codes and shifted codes then
 * multiplies both parts at once (kernel_amx.c).
 *
 *   parts   int8  [groups of 16 tokens][blocks][tokens of the group][32 high, 32 low]   and GB_PARTS_SLACK bytes
 *   scales  float [groups][blocks][tokens of the group]
 *   sums    float [groups][blocks][tokens of the group]     exact inputs summed, for minima
 *   codes   int32 [groups][blocks][tokens of the group][2]  16 * high + low summed over 16 columns each, for centres
 *
 *   spread  int8  [pairs of blocks][2][tokens][high, low][64]    a block's 32 parts in its half of 64 columns, zeros in
 *                                                                the other block's
 *
 * The last is there where gb_has_spread, and the AMX kernel alone writes and reads it: two blocks as one tile
 * (amx_few_tokens.c). A last group has as many tokens as are left. Sixteen tokens of a block are thus an AMX
 * tile, and the block of a token is a cache line.
 */
#ifndef GB_INPUTS_H
#define GB_INPUTS_H

#include "form.h"

#define GB_TOKEN_GROUP 16
#define GB_PARTS_BYTES 64
/** A tile is read whole, though the last group may have one token only. */
#define GB_PARTS_SLACK (GB_TOKEN_GROUP * GB_PARTS_BYTES)

/** The most tokens that have `spread`, and the fewest blocks: with fewer, spreading costs what it gains. */
#define GB_SPREAD_TOKENS 4
#define GB_SPREAD_BLOCKS 32

static inline bool gb_has_spread(int64_t tokens, int64_t blocks) {
  return tokens <= GB_SPREAD_TOKENS && blocks >= GB_SPREAD_BLOCKS;
}

typedef struct gb_prepared {
  int64_t tokens;
  int64_t blocks;
  int8_t *parts;
  float *scales;
  float *sums;
  int32_t *codes;
  int8_t *spread;
} gb_prepared;

bool gb_is_inputs_shape(int64_t tokens, int64_t columns);

/** Bytes of `spread`; its last pair may lack a block, but no rows. */
static inline int64_t gb_spread_bytes(int64_t tokens, int64_t blocks) {
  return gb_has_spread(tokens, blocks) ? (blocks + 1) / 2 * tokens * 4 * 64 : 0;
}

/** `data` holds gb_inputs_bytes(tokens, columns). */
static inline gb_prepared gb_locate_inputs(int64_t tokens, int64_t columns, const void *data) {
  const int64_t blocks = columns / GB_BLOCK;
  const int64_t floats = gb_round_up(tokens * blocks * 4, GB_ALIGNMENT);
  const int64_t codes = gb_round_up(tokens * blocks * 8, GB_ALIGNMENT);
  /* Readers and writers share this; only those who prepare write. */
  int8_t *parts = (int8_t *)(uintptr_t)data;
  int8_t *scales = parts + tokens * blocks * GB_PARTS_BYTES + GB_PARTS_SLACK;
  gb_prepared out = {.tokens = tokens,
                     .blocks = blocks,
                     .parts = parts,
                     .scales = (float *)(void *)scales,
                     .sums = (float *)(void *)(scales + floats),
                     .codes = (int32_t *)(void *)(scales + 2 * floats),
                     .spread = scales + 2 * floats + codes};
  return out;
}

/** Token t of `out` is token picks[t] of `in`, which has as many columns; neither has `spread`. */
void gb_pick_inputs(const gb_inputs *in, const int32_t *picks, const gb_inputs *out);

/** Tokens in the group that begins at token `first`. */
static inline int64_t gb_group_tokens(int64_t tokens, int64_t first) {
  return tokens - first < GB_TOKEN_GROUP ? tokens - first : GB_TOKEN_GROUP;
}

/** Index of (token, block) in scales and sums; parts and codes have 64 and 2 for each. */
static inline int64_t gb_input_index(int64_t tokens, int64_t blocks, int64_t token, int64_t block) {
  const int64_t first = token / GB_TOKEN_GROUP * GB_TOKEN_GROUP;
  return first * blocks + block * gb_group_tokens(tokens, first) + token - first;
}

#endif
