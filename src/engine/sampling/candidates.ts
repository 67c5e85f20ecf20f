import { expNegative } from './exponential.ts';

/** Which tokens stay, and how their probabilities are bent. 0, 1 and 0 of the filters keep all. */
export interface CandidateFilters {
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  /** Above 0. */
  readonly temperature: number;
}

/** Tokens this far below the best (as logits, a share of 6e-6) are looked at only when the others do not suffice. */
const NEAR = 12;

/**
 * The tokens that may come next, with unnormalized probabilities. The filters work as in llama.cpp's default
 * order: top-k, then top-p, then min-p, each on the untempered probabilities of what the one before kept, and
 * temperature last. (top-p and min-p each keep a number of best tokens, so their order does not matter.)
 * Of equal logits the lower id is the better one.
 *
 * Nothing is sorted and nothing of the vocabulary's size is allocated for a token: each filter finds the last token
 * that it keeps by a quickselect, among the near tokens in the usual case.
 */
export class Candidates {
  /** Token ids, ascending. The first `size` count. */
  readonly ids: Int32Array;
  /** Unnormalized probabilities of `ids`. */
  readonly weights: Float64Array;
  size = 0;
  /** Sum of the weights. */
  total = 0;
  /** Places in `ids`, for the quickselect to swap. */
  readonly #order: Int32Array;

  constructor(vocabularySize: number) {
    this.ids = new Int32Array(vocabularySize);
    this.weights = new Float64Array(vocabularySize);
    this.#order = new Int32Array(vocabularySize);
  }

  /** Replaces the candidates by those of `logits`, all of which are finite; `max` is the largest. */
  select(logits: Float32Array, max: number, filters: CandidateFilters): void {
    const { topK, topP, minP, temperature } = filters;
    const limitsCount = topK > 0 && topK < logits.length;
    const limitsMass = topP < 1;
    const minLogit = minP > 0 ? max + Math.log(minP) : -Infinity;
    const nearSuffices = limitsCount || limitsMass || minLogit >= max - NEAR;
    this.#gather(logits, max, nearSuffices ? max - NEAR : -Infinity);

    if (limitsCount) {
      if (this.size < topK) this.#gather(logits, max, -Infinity);
      this.#keepBest(logits, topK, 'count');
    }
    if (limitsMass) {
      const target = Math.max(topP * (limitsCount ? this.total : massOf(logits, max)), Number.MIN_VALUE);
      if (!limitsCount && this.total < target) this.#gather(logits, max, -Infinity);
      this.#keepBest(logits, target, 'mass');
    }
    if (minP > 0) this.#keep(logits, minLogit, logits.length);
    if (temperature !== 1) this.#temper(logits, max, temperature);
  }

  /** The candidate at `fraction` (0 to 1, 1 excluded) of the total weight. */
  at(fraction: number): number {
    const target = fraction * this.total;
    let sum = 0;
    for (let place = 0; place < this.size; place++) {
      sum += this.weights[place] ?? 0;
      if (sum > target) return this.ids[place] ?? 0;
    }
    // Rounding may leave the sum a hair below the target.
    let last = this.size - 1;
    while (last > 0 && this.weights[last] === 0) last--;
    return this.ids[last] ?? 0;
  }

  #gather(logits: Float32Array, max: number, minLogit: number): void {
    let size = 0;
    let total = 0;
    for (let id = 0; id < logits.length; id++) {
      const logit = logits[id] ?? 0;
      if (logit < minLogit) continue;
      const weight = expNegative(max - logit);
      this.ids[size] = id;
      this.weights[size] = weight;
      total += weight;
      size++;
    }
    this.size = size;
    this.total = total;
  }

  /** Keeps the fewest best candidates whose count or mass reaches `target`; all, when it is not reached. */
  #keepBest(logits: Float32Array, target: number, measure: 'count' | 'mass'): void {
    const { ids, weights } = this;
    const order = this.#order;
    for (let place = 0; place < this.size; place++) order[place] = place;
    const logitAt = (place: number): number => logits[ids[place] ?? 0] ?? 0;
    const measureAt = (place: number): number => (measure === 'count' ? 1 : (weights[place] ?? 0));

    let remaining = target;
    let from = 0;
    let to = this.size;
    while (from < to) {
      // Everything before `from` is better than what is between `from` and `to`, and is kept. The middle one as
      // pivot: places start in the order of ids, and logits are in no order of ids.
      swap(order, (from + to) >> 1, to - 1);
      const pivot = order[to - 1] ?? 0;
      const pivotLogit = logitAt(pivot);
      let boundary = from;
      let better = 0;
      for (let i = from; i < to - 1; i++) {
        const place = order[i] ?? 0;
        const logit = logitAt(place);
        if (logit < pivotLogit || (logit === pivotLogit && place > pivot)) continue;
        better += measureAt(place);
        swap(order, i, boundary);
        boundary++;
      }
      if (better >= remaining) {
        to = boundary;
      } else if (better + measureAt(pivot) >= remaining) {
        return this.#keep(logits, pivotLogit, ids[pivot] ?? 0);
      } else {
        remaining -= better + measureAt(pivot);
        swap(order, boundary, to - 1);
        from = boundary + 1;
      }
    }
  }

  /** Keeps those above `minLogit`, and those at it up to `lastId`. */
  #keep(logits: Float32Array, minLogit: number, lastId: number): void {
    let size = 0;
    let total = 0;
    for (let place = 0; place < this.size; place++) {
      const id = this.ids[place] ?? 0;
      const logit = logits[id] ?? 0;
      if (logit < minLogit || (logit === minLogit && id > lastId)) continue;
      const weight = this.weights[place] ?? 0;
      this.ids[size] = id;
      this.weights[size] = weight;
      total += weight;
      size++;
    }
    this.size = size;
    this.total = total;
  }

  #temper(logits: Float32Array, max: number, temperature: number): void {
    let total = 0;
    for (let place = 0; place < this.size; place++) {
      const weight = expNegative((max - (logits[this.ids[place] ?? 0] ?? 0)) / temperature);
      this.weights[place] = weight;
      total += weight;
    }
    this.total = total;
  }
}

/** Sum over the vocabulary of e^(logit - max), which is 1 / the probability of the best token. */
function massOf(logits: Float32Array, max: number): number {
  let mass = 0;
  for (let id = 0; id < logits.length; id++) mass += expNegative(max - (logits[id] ?? 0));
  return mass;
}

function swap(order: Int32Array, a: number, b: number): void {
  const place = order[a] ?? 0;
  order[a] = order[b] ?? 0;
  order[b] = place;
}
