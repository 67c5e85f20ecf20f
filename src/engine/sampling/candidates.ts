import {
  BINS,
  BINS_PER_UNIT,
  binOf,
  type CandidatePasses,
  type Kept,
  plainPasses,
} from './candidatePasses.ts';
import { expNegative } from './exponential.ts';

/** Which tokens stay, and how their probabilities are bent. 0, 1 and 0 of the filters keep all. */
export interface CandidateFilters {
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  /** Above 0. */
  readonly temperature: number;
}

/**
 * The tokens that may come next, with unnormalized probabilities. The filters work as in llama.cpp's default
 * order: top-k, then top-p, then min-p, each on the untempered probabilities of what the one before kept, and
 * temperature last. (top-p and min-p each keep a number of best tokens, so their order does not matter.)
 * Of equal logits the lower id is the better one.
 *
 * Nothing is sorted and nothing of the vocabulary's size is allocated for a token: a filter finds the bin of the last
 * token that it keeps, and a quickselect within that bin finds the token. Only then are candidates gathered, so that a
 * token takes two exponentials at most: one for its mass, if top-p asks, and its tempered weight.
 */
export class Candidates {
  /** Token ids, ascending. The first `size` count. */
  readonly ids: Int32Array;
  /** Unnormalized probabilities of `ids`. */
  readonly weights: Float64Array;
  size = 0;
  /** Sum of the weights. */
  total = 0;
  /** Counts or masses of the bins. */
  readonly #bins = new Float64Array(BINS);
  /** Ids of one bin, for the quickselect to swap. */
  readonly #order: Int32Array;

  readonly #passes: CandidatePasses;

  constructor(vocabularySize: number, passes = plainPasses) {
    this.#passes = passes;
    this.ids = new Int32Array(vocabularySize);
    this.weights = new Float64Array(vocabularySize);
    this.#order = new Int32Array(vocabularySize);
  }

  /** Replaces the candidates by those of `logits`, all of which are finite; `max` is the largest. */
  select(logits: Float32Array, max: number, filters: CandidateFilters): void {
    const { topK, topP, minP, temperature } = filters;
    let kept = ALL;
    if (topK > 0 && topK < logits.length) {
      this.#count(logits, max);
      kept = this.#best(logits, max, { kept, target: topK, measureOf: one });
    }
    if (topP < 1) {
      const mass = this.#passes.weigh(logits, max, kept, this.#bins);
      kept = this.#best(logits, max, { kept, target: topP * mass, measureOf: expNegative });
    }
    const minLogit = minP > 0 ? max + Math.log(minP) : -Infinity;
    if (minLogit > kept.minLogit) kept = { minLogit, lastId: Infinity };
    const { ids, weights } = this;
    const { size, total } = this.#passes.gather(logits, max, kept, { ids, weights, temperature });
    this.size = size;
    this.total = total;
  }

  /** The candidate at `fraction` (0 to 1, 1 excluded) of the total weight. */
  at(fraction: number): number {
    const { ids, weights, size } = this;
    const target = fraction * this.total;
    let sum = 0;
    for (let place = 0; place < size; place++) {
      sum += weights[place] ?? 0;
      if (sum > target) return ids[place] ?? 0;
    }
    // Rounding may leave the sum a hair below the target.
    let last = size - 1;
    while (last > 0 && weights[last] === 0) last--;
    return ids[last] ?? 0;
  }

  #count(logits: Float32Array, max: number): void {
    const bins = this.#bins.fill(0);
    for (let id = 0; id < logits.length; id++) {
      const bin = binOf(max - (logits[id] ?? 0));
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
  }

  /** The first bin with which the sum from the best reaches `target`, and what it must contribute. */
  #lastBin(target: number): LastBin {
    const bins = this.#bins;
    let remaining = target;
    for (let bin = 0; bin < BINS; bin++) {
      const measure = bins[bin] ?? 0;
      // The best token is kept even for a target of 0.
      if (measure > 0 && measure >= remaining) return { bin, remaining };
      remaining -= measure;
    }
    return { bin: BINS - 1, remaining: Infinity };
  }

  /**
   * Of what is kept so far, the fewest best whose measures reach the target: all of the bins before the last, and of that
   * one what is needed. The bins hold sums of the same measure.
   */
  #best(logits: Float32Array, max: number, { kept, target, measureOf }: Best): Kept {
    const order = this.#order;
    const last = this.#lastBin(target);
    const logitOf = (id: number): number => logits[id] ?? 0;
    const measure = (id: number): number => measureOf(max - logitOf(id));

    let remaining = last.remaining;
    let from = 0;
    let to = this.#listBin(logits, max, last.bin, kept);
    const size = to;
    while (from < to) {
      // Everything before `from` is better than what is between `from` and `to`, and is kept. The middle one as
      // pivot: ids start in their order, and logits are in no order of ids.
      swap(order, (from + to) >> 1, to - 1);
      const pivot = order[to - 1] ?? 0;
      const pivotLogit = logitOf(pivot);
      let boundary = from;
      let better = 0;
      for (let i = from; i < to - 1; i++) {
        const id = order[i] ?? 0;
        const logit = logitOf(id);
        if (logit < pivotLogit || (logit === pivotLogit && id > pivot)) continue;
        better += measure(id);
        swap(order, i, boundary);
        boundary++;
      }
      if (boundary > from && better >= remaining) {
        to = boundary;
      } else if (better + measure(pivot) >= remaining) {
        return { minLogit: pivotLogit, lastId: pivot };
      } else {
        remaining -= better + measure(pivot);
        swap(order, boundary, to - 1);
        from = boundary + 1;
      }
    }
    // Rounding: the whole bin does not quite reach what remains. It is kept, and what lies behind it is not.
    if (size === 0) return kept;
    const worst = order.subarray(0, size).reduce((least, id) => Math.min(least, logitOf(id)), Infinity);
    return worst === kept.minLogit ? kept : { minLogit: worst, lastId: Infinity };
  }

  /** Lists the ids of a bin in `#order`, and returns how many there are. */
  #listBin(logits: Float32Array, max: number, bin: number, { minLogit, lastId }: Kept): number {
    const order = this.#order;
    const nearest = bin / BINS_PER_UNIT;
    const farthest = bin === BINS - 1 ? Infinity : (bin + 1) / BINS_PER_UNIT;
    let size = 0;
    for (let id = 0; id < logits.length; id++) {
      const logit = logits[id] ?? 0;
      const distance = max - logit;
      if (distance < nearest || distance >= farthest) continue;
      if (logit < minLogit || (logit === minLogit && id > lastId)) continue;
      order[size++] = id;
    }
    return size;
  }
}

const ALL: Kept = { minLogit: -Infinity, lastId: Infinity };

interface Best {
  readonly kept: Kept;
  readonly target: number;
  /** Of a token at a distance from the best logit. */
  readonly measureOf: (distance: number) => number;
}

const one = (): number => 1;

interface LastBin {
  readonly bin: number;
  /** Of the target, after the bins before this one. */
  readonly remaining: number;
}

function swap(order: Int32Array, a: number, b: number): void {
  const id = order[a] ?? 0;
  order[a] = order[b] ?? 0;
  order[b] = id;
}
