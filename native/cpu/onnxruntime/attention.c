#include "attention.h"

#include <stddef.h>

#include "../attention/attention_kernel.h"
#include "grain.h"
#include "memory.h"

/** Tiles of rows (below) from which the blocks of one are not shared out: there is work for all threads. */
enum { TILES_ENOUGH = 16 };

/** Rows are cut into tiles of GB_MOST_ROWS within each key head. */
typedef struct attention_run {
  const gb_attention *attention;
  const gb_attention_kernel *kernel;
  /** [kv_heads][rows][key_dim] */
  const float *queries;
  /** [kv_heads][rows][blocks] where blocks are shared out, else null. */
  float *states;
  /** Queries of a key head. */
  int64_t rows;
  /** Of a key head. */
  int64_t tiles;
  /** That the last row sees. */
  int64_t blocks;
  gb_split split;
} attention_run;

static const float *queries_of(const attention_run *run, int64_t head, int64_t row) {
  return run->queries + (head * run->rows + row) * run->attention->key_dim;
}

static int64_t tile_end(const attention_run *run, int64_t tile) {
  const int64_t end = (tile + 1) * GB_MOST_ROWS;
  return end < run->rows ? end : run->rows;
}

/** The first row of a tile that sees a block: later ones see more. */
static int64_t first_seeing(const attention_run *run, int64_t row, int64_t end, int64_t block) {
  while (row < end && gb_blocks_seen(run->attention, row) <= block) row++;
  return row;
}

/** All blocks of some tiles. */
static void tile_task(void *argument, size_t index) {
  const attention_run *run = argument;
  const gb_attention *a = run->attention;
  float states[2][GB_MOST_ROWS * (GB_STATE_VALUES + GB_MAX_VALUE_DIM)];
  const int64_t floats = gb_state_floats(a);
  for (int64_t item = gb_split_first(&run->split, (int64_t)index); item < gb_split_end(&run->split, (int64_t)index); item++) {
    const int64_t head = item / run->tiles, first = item % run->tiles * GB_MOST_ROWS;
    const int64_t end = tile_end(run, item % run->tiles);
    const int64_t blocks = gb_blocks_seen(a, end - 1);
    for (int64_t block = 0; block < blocks; block++) {
      const int64_t row = first_seeing(run, first, end, block);
      float *seen = states[block > 0];
      run->kernel->attend(a, queries_of(run, head, row), head, row, (int)(end - row), block, seen + (row - first) * floats);
      if (block == 0) continue;
      for (int64_t i = row - first; i < end - first; i++) run->kernel->merge(a, states[0] + i * floats, seen + i * floats);
    }
    for (int64_t row = first; row < end; row++) run->kernel->finish(a, head, row, states[0] + (row - first) * floats);
  }
}

static float *state_of(const attention_run *run, int64_t head, int64_t row, int64_t block) {
  return run->states + ((head * run->blocks + block) * run->rows + row) * gb_state_floats(run->attention);
}

/** Some blocks of some tiles. */
static void block_task(void *argument, size_t index) {
  const attention_run *run = argument;
  for (int64_t item = gb_split_first(&run->split, (int64_t)index); item < gb_split_end(&run->split, (int64_t)index); item++) {
    const int64_t head = item / run->blocks / run->tiles, tile = item / run->blocks % run->tiles, block = item % run->blocks;
    const int64_t end = tile_end(run, tile);
    const int64_t row = first_seeing(run, tile * GB_MOST_ROWS, end, block);
    if (row == end) continue;
    run->kernel->attend(run->attention, queries_of(run, head, row), head, row, (int)(end - row), block,
                        state_of(run, head, row, block));
  }
}

static void merge_task(void *argument, size_t index) {
  const attention_run *run = argument;
  for (int64_t item = gb_split_first(&run->split, (int64_t)index); item < gb_split_end(&run->split, (int64_t)index); item++) {
    const int64_t head = item / run->rows, row = item % run->rows;
    float *state = state_of(run, head, row, 0);
    const int64_t blocks = gb_blocks_seen(run->attention, row);
    for (int64_t block = 1; block < blocks; block++)
      run->kernel->merge(run->attention, state, state_of(run, head, row, block));
    run->kernel->finish(run->attention, head, row, state);
  }
}

int32_t gb_check_attention(const gb_attention *a, const gb_rotation *rotation) {
  if (a->kv_heads < 1 || a->query_heads < 1 || a->query_heads % a->kv_heads != 0 || a->key_dim < 1 || a->value_dim < 1 ||
      a->value_dim > GB_MAX_VALUE_DIM || rotation->pairs < 0 || 2 * rotation->pairs > a->key_dim)
    return GB_BAD_SHAPE;
  const int64_t room = a->panels * GB_PANEL_KEYS;
  if (a->past < 0 || a->tokens < 0 || a->past > room - a->tokens || a->past > rotation->positions - a->tokens)
    return GB_BAD_RANGE;
  return !a->keys || !a->values || !a->y || !rotation->cos || !rotation->sin ? GB_BAD_MEMORY : GB_OK;
}

int32_t gb_attend(const gb_threads *threads, const gb_attention *a, const float *queries) {
  attention_run run = {.attention = a, .kernel = gb_current_attention(), .queries = queries, .rows = a->tokens * gb_group(a)};
  run.tiles = (run.rows + GB_MOST_ROWS - 1) / GB_MOST_ROWS;
  run.blocks = gb_blocks_seen(a, run.rows - 1);
  const int64_t all_rows = a->kv_heads * run.rows, tiles = a->kv_heads * run.tiles;
  const int64_t rows = run.rows < GB_MOST_ROWS ? run.rows : GB_MOST_ROWS;
  const int64_t products = rows * (a->key_dim + a->value_dim);
  if (tiles >= TILES_ENOUGH || run.blocks == 1) {
    run.split = gb_split_items(tiles, products * (a->past + a->tokens), GRAIN_PRODUCTS);
    gb_run(threads, tile_task, (size_t)run.split.tasks, &run);
    return GB_OK;
  }
  run.states = gb_allocate((size_t)(all_rows * run.blocks * gb_state_floats(a)) * sizeof *run.states);
  if (run.states == NULL) return GB_BAD_MEMORY;
  run.split = gb_split_items(tiles * run.blocks, products * GB_BLOCK_KEYS, GRAIN_PRODUCTS);
  gb_run(threads, block_task, (size_t)run.split.tasks, &run);
  run.split = gb_split_items(all_rows, run.blocks * gb_state_floats(a), GRAIN_FLOATS);
  gb_run(threads, merge_task, (size_t)run.split.tasks, &run);
  gb_free(run.states);
  return GB_OK;
}
