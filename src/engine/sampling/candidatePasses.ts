import { expNegative } from './exponential.ts';

/** A histogram of logits by their distance from the best: bins of 1/64, the last one for all from 40 on. */
export const BINS_PER_UNIT = 64;
export const BINS = 40 * BINS_PER_UNIT + 1;

export const binOf = (distance: number): number =>
  distance < 40 ? Math.trunc(distance * BINS_PER_UNIT) : BINS - 1;

/** Tokens above `minLogit`, and those at it up to `lastId`. */
export interface Kept {
  readonly minLogit: number;
  readonly lastId: number;
}

/** Where kept tokens go: ids, ascending, with their weights. */
export interface Gathered {
  readonly ids: Int32Array;
  readonly weights: Float64Array;
}

/** What takes an exponential for each token of a vocabulary. `max` is the largest logit. */
export interface CandidatePasses {
  /** Sums `exp(logit - max)` of kept tokens in the bins of their distances; returns the sum of all. */
  weigh(logits: Float32Array, max: number, kept: Kept, bins: Float64Array): number;
  /** Lists kept tokens with `exp((logit - max) / temperature)`; returns how many they are, and the sum of their weights. */
  gather(
    logits: Float32Array,
    max: number,
    kept: Kept,
    options: Gathered & { readonly temperature: number },
  ): { readonly size: number; readonly total: number };
}

/** The plain twin of those in native/cpu/sampling: the same operations in the same order. */
export const plainPasses: CandidatePasses = {
  weigh(logits, max, { minLogit, lastId }, bins) {
    bins.fill(0);
    let mass = 0;
    for (let id = 0; id < logits.length; id++) {
      const logit = logits[id] ?? 0;
      if (logit < minLogit || (logit === minLogit && id > lastId)) continue;
      const distance = max - logit;
      const weight = expNegative(distance);
      const bin = binOf(distance);
      bins[bin] = (bins[bin] ?? 0) + weight;
      mass += weight;
    }
    return mass;
  },

  gather(logits, max, { minLogit, lastId }, { ids, weights, temperature }) {
    let size = 0;
    let total = 0;
    for (let id = 0; id < logits.length; id++) {
      const logit = logits[id] ?? 0;
      if (logit < minLogit || (logit === minLogit && id > lastId)) continue;
      const weight = expNegative((max - logit) / temperature);
      ids[size] = id;
      weights[size] = weight;
      total += weight;
      size++;
    }
    return { size, total };
  },
};
