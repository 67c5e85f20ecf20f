#include "router.h"

#include <math.h>
#include <string.h>

#include "../sampling/exponential.h"
#include "grain.h"

/** Beyond 700 gb_exp_negative has no exponents, and what it gives there is nothing to a float. */
static double exp_negative(double x) {
  return gb_exp_negative(x < 700 ? x : 700);
}

static float sigmoid(float logit) {
  const double power = exp_negative(fabs((double)logit));
  /* Looked up, since which it is nothing could foresee. */
  const double above[2] = {power, 1};
  return (float)(above[logit >= 0] / (1 + power));
}

static void softmax(const float *logits, int64_t count, float *values) {
  float max = logits[0];
  for (int64_t i = 1; i < count; i++) max = logits[i] > max ? logits[i] : max;
  double powers[GB_MOST_EXPERTS], sum = 0;
  for (int64_t i = 0; i < count; i++) sum += powers[i] = exp_negative((double)max - logits[i]);
  for (int64_t i = 0; i < count; i++) values[i] = (float)(powers[i] / sum);
}

/** In the order of ranks, of equals the lower place first; NaN is below all. */
static int64_t key_of(float rank, int64_t place) {
  /* -0 is 0: the sum is. Bits of negative floats go up as these go down. */
  const float positive_zero = rank + 0.0f;
  int32_t bits;
  memcpy(&bits, &positive_zero, sizeof bits);
  const int32_t ordered = bits ^ (bits >> 31 & INT32_MAX);
  return (int64_t)(isnan(rank) ? INT32_MIN : ordered) * GB_MOST_EXPERTS + (GB_MOST_EXPERTS - 1 - place);
}

/** The `count` best of ranks, best first. Without a branch on ranks, which nothing could foresee. */
static void take_best(const float *ranks, int64_t length, int64_t count, int64_t *best) {
  int64_t keys[GB_MOST_EXPERTS];
  for (int64_t i = 0; i < length; i++) keys[i] = key_of(ranks[i], i);
  for (int64_t place = 0; place < count; place++) {
    int64_t largest = keys[0];
    for (int64_t i = 1; i < length; i++) largest = keys[i] > largest ? keys[i] : largest;
    best[place] = GB_MOST_EXPERTS - 1 - (largest & (GB_MOST_EXPERTS - 1));
    keys[best[place]] = INT64_MIN;
  }
}

/** What a group is worth: its best expert's rank, or with a bias the sum of its two best. */
static float worth(const float *ranks, int64_t count, bool is_biased) {
  float best = -INFINITY, second = -INFINITY;
  for (int64_t i = 0; i < count; i++) {
    if (ranks[i] > best) {
      second = best;
      best = ranks[i];
    } else if (ranks[i] > second) {
      second = ranks[i];
    }
  }
  return is_biased ? best + second : best;
}

/** Experts outside the best groups rank last. */
static void leave_groups_out(const gb_router *router, float *ranks) {
  const int64_t size = router->experts / router->groups;
  float worths[GB_MOST_EXPERTS];
  int64_t best[GB_MOST_EXPERTS];
  for (int64_t group = 0; group < router->groups; group++)
    worths[group] = worth(ranks + group * size, size, router->bias != NULL);
  take_best(worths, router->groups, router->chosen_groups, best);
  bool is_chosen[GB_MOST_EXPERTS] = {false};
  for (int64_t i = 0; i < router->chosen_groups; i++) is_chosen[best[i]] = true;
  for (int64_t i = 0; i < router->experts; i++)
    if (!is_chosen[i / size]) ranks[i] = -INFINITY;
}

static void route_token(const gb_router *router, const float *logits, int64_t *experts, float *weights) {
  float scores[GB_MOST_EXPERTS], ranks[GB_MOST_EXPERTS];
  /* The softmax of the chosen logits is what the chosen ones' softmax comes to when it is divided by its sum. */
  const bool is_softmax_of_chosen = !router->is_sigmoid && router->normalizes && router->bias == NULL;
  if (router->is_sigmoid)
    for (int64_t i = 0; i < router->experts; i++) scores[i] = sigmoid(logits[i]);
  else if (is_softmax_of_chosen)
    for (int64_t i = 0; i < router->experts; i++) scores[i] = logits[i];
  else
    softmax(logits, router->experts, scores);

  for (int64_t i = 0; i < router->experts; i++) ranks[i] = router->bias ? scores[i] + router->bias[i] : scores[i];
  if (router->groups > 1) leave_groups_out(router, ranks);
  take_best(ranks, router->experts, router->chosen, experts);

  for (int64_t i = 0; i < router->chosen; i++) weights[i] = scores[experts[i]];
  if (is_softmax_of_chosen) {
    float chosen[GB_MOST_EXPERTS];
    for (int64_t i = 0; i < router->chosen; i++) chosen[i] = weights[i];
    softmax(chosen, router->chosen, weights);
  } else if (router->normalizes) {
    float sum = 0;
    for (int64_t i = 0; i < router->chosen; i++) sum += weights[i];
    if (sum < router->least_sum) sum = router->least_sum;
    for (int64_t i = 0; i < router->chosen; i++) weights[i] /= sum;
  }
  for (int64_t i = 0; i < router->chosen; i++) weights[i] *= router->scale;
}

typedef struct routing {
  const gb_router *router;
  const float *logits;
  int64_t *experts;
  float *weights;
  gb_split split;
} routing;

static void route_task(void *argument, size_t index) {
  const routing *run = argument;
  const gb_router *router = run->router;
  const int64_t end = gb_split_end(&run->split, (int64_t)index);
  for (int64_t token = gb_split_first(&run->split, (int64_t)index); token < end; token++)
    route_token(router, run->logits + token * router->experts, run->experts + token * router->chosen,
                run->weights + token * router->chosen);
}

void gb_route(const gb_threads *threads, const gb_router *router, const float *logits, int64_t tokens, int64_t *experts,
              float *weights) {
  /* Exponentials and choices: each expert is worth some floats that are read. */
  const int64_t work = router->experts * (4 + router->chosen);
  routing run = {router, logits, experts, weights, gb_split_items(tokens, work, GRAIN_FLOATS)};
  gb_run(threads, route_task, (size_t)run.split.tasks, &run);
}
