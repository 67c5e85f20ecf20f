import { expNegative } from './exponential.ts';

/** Which tokens stay, and how their probabilities are bent. 0, 1 and 0 of the filters keep all. */
export interface CandidateFilters {
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  /** Above 0. */
  readonly temperature: number;
}

/** A histogram of logits by their distance from the best: bins of 1/64, the last one for all from 40 on. */
const BINS_PER_UNIT = 64;
const BINS = 40 * BINS_PER_UNIT + 1;

const binOf = (distance: number): number => (distance < 40 ? Math.trunc(distance * BINS_PER_UNIT) : BINS - 1);

/**
 * The tokens that may come next, with unnormalized probabilities. The filters work as in llama.cpp's default
 * order: top-k, then top-p, then min-p, each on the untempered probabilities of what the one before kept, and
 * temperature last. (top-p and min-p each keep a number of best tokens, so their order does not matter.)
 * Of equal logits the lower id is the better one.
 *
 * Nothing is sorted and nothing of the vocabulary's size is allocated for a token: a filter finds the bin of the last
 * token that it keeps, and a quickselect within that bin finds the token.
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
    const minLogit = minP > 0 ? max + Math.log(minP) : -Infinity;
    if (topK > 0 && topK < logits.length) {
      this.#count(logits, max);
      const last = this.#lastBin(topK);
      this.#gather(logits, max, last.bin);
      this.#keepBest(logits, max, last, 'count');
      if (topP < 1) {
        const target = topP * this.total;
        this.#weighCandidates(logits, max);
        this.#keepBest(logits, max, this.#lastBin(target), 'mass');
      }
    } else if (topP < 1) {
      const last = this.#lastBin(topP * this.#weigh(logits, max));
      this.#gather(logits, max, last.bin);
      this.#keepBest(logits, max, last, 'mass');
    } else {
      this.#gather(logits, max, binOf(max - minLogit));
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

  #count(logits: Float32Array, max: number): void {
    this.#bins.fill(0);
    for (let id = 0; id < logits.length; id++) {
      const bin = binOf(max - (logits[id] ?? 0));
      this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
    }
  }

  /** Masses of the whole vocabulary; returns their sum, which is 1 / the probability of the best token. */
  #weigh(logits: Float32Array, max: number): number {
    this.#bins.fill(0);
    let mass = 0;
    for (let id = 0; id < logits.length; id++) {
      const distance = max - (logits[id] ?? 0);
      const weight = expNegative(distance);
      const bin = binOf(distance);
      this.#bins[bin] = (this.#bins[bin] ?? 0) + weight;
      mass += weight;
    }
    return mass;
  }

  #weighCandidates(logits: Float32Array, max: number): void {
    this.#bins.fill(0);
    for (let place = 0; place < this.size; place++) {
      const bin = binOf(max - (logits[this.ids[place] ?? 0] ?? 0));
      this.#bins[bin] = (this.#bins[bin] ?? 0) + (this.weights[place] ?? 0);
    }
  }

  /** The first bin with which the sum from the best reaches `target`, and what it must contribute. */
  #lastBin(target: number): LastBin {
    let remaining = target;
    for (let bin = 0; bin < BINS; bin++) {
      const measure = this.#bins[bin] ?? 0;
      // The best token is kept even for a target of 0.
      if (measure > 0 && measure >= remaining) return { bin, remaining };
      remaining -= measure;
    }
    return { bin: BINS - 1, remaining: Infinity };
  }

  #gather(logits: Float32Array, max: number, lastBin: number): void {
    let size = 0;
    let total = 0;
    for (let id = 0; id < logits.length; id++) {
      const distance = max - (logits[id] ?? 0);
      if (binOf(distance) > lastBin) continue;
      const weight = expNegative(distance);
      this.ids[size] = id;
      this.weights[size] = weight;
      total += weight;
      size++;
    }
    this.size = size;
    this.total = total;
  }

  /** Keeps the bins before the last, and of that one the fewest best whose count or mass is what remains. */
  #keepBest(logits: Float32Array, max: number, last: LastBin, measure: 'count' | 'mass'): void {
    const { ids, weights } = this;
    const order = this.#order;
    const logitAt = (place: number): number => logits[ids[place] ?? 0] ?? 0;
    const measureAt = (place: number): number => (measure === 'count' ? 1 : (weights[place] ?? 0));

    let remaining = last.remaining;
    let from = 0;
    let to = 0;
    for (let place = 0; place < this.size; place++) {
      if (binOf(max - logitAt(place)) === last.bin) order[to++] = place;
    }
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
      if (boundary > from && better >= remaining) {
        to = boundary;
      } else if (better + measureAt(pivot) >= remaining) {
        return this.#keep(logits, pivotLogit, ids[pivot] ?? 0);
      } else {
        remaining -= better + measureAt(pivot);
        swap(order, boundary, to - 1);
        from = boundary + 1;
      }
    }
    // Rounding: the whole bin does not quite reach what remains. It is kept, and what lies behind it is not.
    this.#keepBins(logits, max, last.bin);
  }

  #keepBins(logits: Float32Array, max: number, lastBin: number): void {
    let minLogit = Infinity;
    for (let place = 0; place < this.size; place++) {
      const logit = logits[this.ids[place] ?? 0] ?? 0;
      if (binOf(max - logit) <= lastBin) minLogit = Math.min(minLogit, logit);
    }
    this.#keep(logits, minLogit, logits.length);
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

interface LastBin {
  readonly bin: number;
  /** Of the target, after the bins before this one. */
  readonly remaining: number;
}

function swap(order: Int32Array, a: number, b: number): void {
  const place = order[a] ?? 0;
  order[a] = order[b] ?? 0;
  order[b] = place;
}
