#include "../include/glassbox_sampling.h"

#include <stdbool.h>

/** As expNegative in exponential.ts, operation by operation. */
static inline double exp_negative(const gb_exponentials *exponentials, double x) {
  if (!(x < GB_LAST_DISTANCE)) return 0;
  const int32_t steps = (int32_t)(x * 256);
  const double rest = steps / 256.0 - x;
  const double table = exponentials->whole[steps >> 8] * exponentials->fraction[steps & 255];
  return table * (1 + rest * (1 + rest * (0.5 + rest / 6)));
}

static inline bool is_kept(double logit, int64_t id, const gb_kept *kept) {
  return !(logit < kept->min_logit || (logit == kept->min_logit && (double)id > kept->last_id));
}

double gb_weigh_candidates(const float *logits, int64_t count, double max, const gb_kept *kept,
                           const gb_exponentials *exponentials, double *bins) {
  for (int bin = 0; bin < GB_BINS; bin++) bins[bin] = 0;
  double mass = 0;
  for (int64_t id = 0; id < count; id++) {
    const double logit = logits[id];
    if (!is_kept(logit, id, kept)) continue;
    const double distance = max - logit;
    const double weight = exp_negative(exponentials, distance);
    bins[distance < GB_LAST_DISTANCE ? (int)(distance * GB_BINS_PER_UNIT) : GB_BINS - 1] += weight;
    mass += weight;
  }
  return mass;
}

int64_t gb_gather_candidates(const float *logits, int64_t count, double max, const gb_kept *kept, double temperature,
                             const gb_exponentials *exponentials, int32_t *ids, double *weights, double *total) {
  int64_t size = 0;
  double sum = 0;
  for (int64_t id = 0; id < count; id++) {
    const double logit = logits[id];
    if (!is_kept(logit, id, kept)) continue;
    const double weight = exp_negative(exponentials, (max - logit) / temperature);
    ids[size] = (int32_t)id;
    weights[size] = weight;
    sum += weight;
    size++;
  }
  *total = sum;
  return size;
}
