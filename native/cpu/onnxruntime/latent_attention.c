#include "latent_attention.h"

#include <stddef.h>

#include "../attention/attention_kernel.h"
#include "../attention/turn_panel.h"
#include "../tandem/tandem.h"
#include "attention.h"
#include "grain.h"
#include "memory.h"

/** Tokens that are multiplied with a head's matrix at once: it is read from memory that is near, once for so many. */
enum { TILE_TOKENS = 32 };

typedef struct latent_run {
  gb_latent_attention latent;
  const gb_attention_kernel *kernel;
  /** [tokens * query_heads][key_dim] */
  float *queries;
  /** Of tokens, TILE_TOKENS each. */
  int64_t tiles;
  gb_split split;
} latent_run;

static void enter_task(void *argument, size_t index) {
  const latent_run *run = argument;
  const int64_t task = (int64_t)index;
  run->kernel->enter_latent(&run->latent, gb_split_first(&run->split, task), gb_split_end(&run->split, task), run->queries);
}

/** Some panels of keys into rows of values. */
static void turn_task(void *argument, size_t index) {
  const latent_run *run = argument;
  const gb_attention *a = &run->latent.attention;
  const int64_t width = gb_value_width(a->value_dim);
  for (int64_t panel = gb_split_first(&run->split, (int64_t)index); panel < gb_split_end(&run->split, (int64_t)index); panel++)
    gb_turn_panel(a->keys + panel * a->key_dim * GB_PANEL_KEYS, a->value_dim, a->values + panel * width * GB_PANEL_KEYS, width);
}

/** Some tokens of a head: items are tiles of the first head, then of the second, ... */
typedef struct head_tile {
  int64_t head;
  int64_t token;
  int64_t tokens;
} head_tile;

static head_tile tile_of(const latent_run *run, int64_t item) {
  const int64_t token = item % run->tiles * TILE_TOKENS, left = run->latent.attention.tokens - token;
  return (head_tile){item / run->tiles, token, left < TILE_TOKENS ? left : TILE_TOKENS};
}

/** Plain queries into the latent space. */
static void absorb_task(void *argument, size_t index) {
  const latent_run *run = argument;
  const gb_latent_attention *latent = &run->latent;
  const gb_attention *a = &latent->attention;
  const int64_t query_dim = latent->plain_dim + a->key_dim - a->value_dim;
  for (int64_t item = gb_split_first(&run->split, (int64_t)index); item < gb_split_end(&run->split, (int64_t)index); item++) {
    const head_tile tile = tile_of(run, item);
    const gb_panel_product product = {
        .x = latent->queries + tile.token * latent->query_stride + tile.head * query_dim,
        .x_stride = latent->query_stride,
        .rows = tile.tokens,
        .dim = latent->plain_dim,
        .panels = latent->key_up + tile.head * gb_value_width(a->value_dim) * latent->plain_dim,
        .columns = a->value_dim,
        .factor = latent->scale,
        .y = run->queries + (tile.token * a->query_heads + tile.head) * a->key_dim,
        .y_stride = a->query_heads * a->key_dim,
    };
    run->kernel->multiply_panels(&product);
  }
}

/** Weighted sums of latents into values. */
static void value_task(void *argument, size_t index) {
  const latent_run *run = argument;
  const gb_latent_attention *latent = &run->latent;
  const gb_attention *a = &latent->attention;
  for (int64_t item = gb_split_first(&run->split, (int64_t)index); item < gb_split_end(&run->split, (int64_t)index); item++) {
    const head_tile tile = tile_of(run, item);
    const gb_panel_product product = {
        .x = a->y + (tile.token * a->query_heads + tile.head) * a->value_dim,
        .x_stride = a->query_heads * a->value_dim,
        .rows = tile.tokens,
        .dim = a->value_dim,
        .panels = latent->value_up + tile.head * gb_value_width(latent->value_dim) * a->value_dim,
        .columns = latent->value_dim,
        .factor = 1,
        .y = latent->y + (tile.token * a->query_heads + tile.head) * latent->value_dim,
        .y_stride = a->query_heads * latent->value_dim,
    };
    run->kernel->multiply_panels(&product);
  }
}

static int32_t check(const gb_latent_attention *latent) {
  const gb_attention *a = &latent->attention;
  const int64_t rotary = 2 * latent->rotation.pairs;
  const int32_t error = gb_check_attention(a, &latent->rotation);
  if (error != GB_OK) return error;
  if (a->kv_heads != 1 || rotary > GB_MAX_ROTARY_DIM || a->key_dim != a->value_dim + rotary || latent->plain_dim < 1 ||
      latent->value_dim < 1 || latent->query_tokens < 1 || latent->query_tokens > a->tokens)
    return GB_BAD_SHAPE;
  return !latent->queries || !latent->latents || !latent->norm || !latent->key_up || !latent->value_up || !latent->y
             ? GB_BAD_MEMORY
             : GB_OK;
}

int32_t gb_attend_latent(const gb_threads *threads, const gb_latent_attention *latent) {
  latent_run run = {.latent = *latent, .kernel = gb_current_attention()};
  gb_attention *a = &run.latent.attention;
  if (a->tokens == 0) return GB_OK;
  /* Memory of their own is made for both below. */
  a->values = a->keys;
  a->y = latent->y;
  int32_t error = check(&run.latent);
  if (error != GB_OK) return error;
  const int64_t rows = latent->query_tokens * a->query_heads, panels = gb_column_panels(a->past + a->tokens);
  const int64_t queries = rows * a->key_dim, sums = rows * a->value_dim;
  const int64_t values = panels * GB_PANEL_KEYS * gb_value_width(a->value_dim);
  float *memory = gb_allocate((size_t)(queries + sums) * sizeof *memory + (size_t)values * sizeof *a->values);
  if (memory == NULL) return GB_BAD_MEMORY;
  run.queries = memory;
  a->y = memory + queries;
  a->values = (uint16_t *)(a->y + sums);

  run.split = gb_split_tokens(a->tokens, a->query_heads * (a->key_dim - a->value_dim) + a->key_dim);
  gb_tandem_wait_for_rows();
  gb_run(threads, enter_task, (size_t)run.split.tasks, &run);
  gb_tandem_rows_stored();
  /* All are in the cache: those that do not look count as its past. */
  a->past += a->tokens - latent->query_tokens;
  a->tokens = latent->query_tokens;
  run.split = gb_split_items(panels, values / panels, GRAIN_FLOATS);
  gb_run(threads, turn_task, (size_t)run.split.tasks, &run);
  run.tiles = (a->tokens + TILE_TOKENS - 1) / TILE_TOKENS;
  const int64_t tokens = a->tokens < TILE_TOKENS ? a->tokens : TILE_TOKENS;
  run.split = gb_split_items(run.tiles * a->query_heads, tokens * latent->plain_dim * a->value_dim, GRAIN_PRODUCTS);
  gb_run(threads, absorb_task, (size_t)run.split.tasks, &run);
  error = gb_attend(threads, a, run.queries);
  if (error == GB_OK) {
    run.split = gb_split_items(run.tiles * a->query_heads, tokens * latent->value_dim * a->value_dim, GRAIN_PRODUCTS);
    gb_run(threads, value_task, (size_t)run.split.tasks, &run);
  }
  gb_free(memory);
  return error;
}
