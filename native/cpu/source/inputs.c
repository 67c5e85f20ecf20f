#include "inputs.h"
#include "kernel.h"

#include <string.h>

#define MAX_TOKENS ((int64_t)1 << 24)
#define MAX_COLUMNS ((int64_t)1 << 24)

bool gb_is_inputs_shape(int64_t tokens, int64_t columns) {
  return tokens > 0 && tokens <= MAX_TOKENS && columns > 0 && columns <= MAX_COLUMNS && columns % GB_BLOCK == 0;
}

int64_t gb_inputs_bytes(int64_t tokens, int64_t columns) {
  if (!gb_is_inputs_shape(tokens, columns)) return GB_BAD_SHAPE;
  const int64_t blocks = columns / GB_BLOCK, all = tokens * blocks;
  return all * GB_PARTS_BYTES + GB_PARTS_SLACK + 2 * gb_round_up(all * 4, GB_ALIGNMENT) +
         gb_round_up(all * 8, GB_ALIGNMENT) + gb_spread_bytes(tokens, blocks);
}

int32_t gb_prepare_inputs(const float *x, int64_t stride, const int32_t *picks, int64_t tokens, int64_t columns,
                          int64_t first_token, int64_t end_token, void *data, int64_t data_bytes) {
  if (!gb_is_inputs_shape(tokens, columns) || stride < 0) return GB_BAD_SHAPE;
  if (first_token < 0 || first_token > end_token || end_token > tokens) return GB_BAD_RANGE;
  if (!x || !data || !gb_is_aligned(data) || data_bytes < gb_inputs_bytes(tokens, columns)) return GB_BAD_MEMORY;
  if (picks)
    for (int64_t token = first_token; token < end_token; token++)
      if (picks[token] < 0) return GB_BAD_RANGE;
  const gb_prepared inputs = gb_locate_inputs(tokens, columns, data);
  const gb_kernel *kernel = gb_current_kernel();
  for (int64_t token = first_token; token < end_token; token++)
    kernel->prepare_token(x + stride * (picks ? picks[token] : token), &inputs, token);
  return GB_OK;
}

void gb_pick_inputs(const gb_inputs *in, const int32_t *picks, const gb_inputs *out) {
  const gb_prepared from = gb_locate_inputs(in->tokens, in->columns, in->data);
  const gb_prepared to = gb_locate_inputs(out->tokens, out->columns, out->data);
  for (int64_t token = 0; token < to.tokens; token++)
    for (int64_t block = 0; block < to.blocks; block++) {
      const int64_t source = gb_input_index(from.tokens, from.blocks, picks[token], block);
      const int64_t at = gb_input_index(to.tokens, to.blocks, token, block);
      memcpy(to.parts + at * GB_PARTS_BYTES, from.parts + source * GB_PARTS_BYTES, GB_PARTS_BYTES);
      to.scales[at] = from.scales[source];
      to.sums[at] = from.sums[source];
      memcpy(to.codes + at * 2, from.codes + source * 2, 2 * sizeof *to.codes);
    }
}
