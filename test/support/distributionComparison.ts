/** Logits of one engine at each position of a text, to compare others with. */
export class LogitsRecord {
  readonly #logits: Float32Array;
  /** By position; of those that were asked for. */
  readonly #softmaxes: (Softmax | undefined)[] = [];

  /** @param logits `[positions, vocabulary]`, if they exist already */
  constructor(
    readonly positions: number,
    readonly vocabulary: number,
    logits = new Float32Array(positions * vocabulary),
  ) {
    if (logits.length !== positions * vocabulary)
      throw new RangeError(`${logits.length} logits for ${positions} positions of ${vocabulary}`);
    this.#logits = logits;
  }

  set(position: number, logits: Float32Array): void {
    if (logits.length !== this.vocabulary)
      throw new RangeError(`${logits.length} logits of ${this.vocabulary}`);
    this.#logits.set(logits, position * this.vocabulary);
    this.#softmaxes[position] = undefined;
  }

  at(position: number): Float32Array {
    return this.#logits.subarray(position * this.vocabulary, (position + 1) * this.vocabulary);
  }

  /** Computed once: several are compared with one record. */
  softmaxAt(position: number): Softmax {
    return (this.#softmaxes[position] ??= softmaxOf(this.at(position)));
  }
}

/** How far distributions are from those of a record, over all positions that were added. */
export class DistributionComparison {
  readonly #reference: LogitsRecord;
  #positions = 0;
  #divergence = 0;
  #sameTop = 0;
  #largestDifference = 0;

  constructor(reference: LogitsRecord) {
    this.#reference = reference;
  }

  add(position: number, logits: Float32Array): void {
    const reference = this.#reference.at(position);
    const of = this.#reference.softmaxAt(position);
    const other = softmaxOf(logits);
    this.#positions++;
    this.#divergence += divergenceOf(reference, of, logits, other);
    if (of.top === other.top) this.#sameTop++;
    for (let i = 0; i < logits.length; i++) {
      const difference = Math.abs((logits[i] ?? NaN) - (reference[i] ?? NaN));
      if (!(difference <= this.#largestDifference)) this.#largestDifference = difference;
    }
  }

  get positions(): number {
    return this.#positions;
  }

  /** Mean Kullback-Leibler divergence D(reference || other), in nats. */
  get meanDivergence(): number {
    return this.#divergence / this.#positions;
  }

  /** Share of the positions where both have the same most likely token. */
  get sameTop(): number {
    return this.#sameTop / this.#positions;
  }

  /** Of two logits; NaN if one was. */
  get largestDifference(): number {
    return this.#largestDifference;
  }

  toString(): string {
    const kl = this.meanDivergence.toExponential(2);
    const same = (100 * this.sameTop).toFixed(2);
    return `mean KL ${kl}, same top ${same} %, largest logit difference ${this.#largestDifference.toExponential(2)}`;
  }
}

/** What the softmax of a logit vector needs that is the same for all of its elements. */
interface Softmax {
  /** Index of the largest logit. */
  readonly top: number;
  /** Logarithm of the sum of e^logit. */
  readonly logOfSum: number;
}

/** D(p || q) in nats for the softmaxes of two logit vectors. */
export function divergence(p: Float32Array, q: Float32Array): number {
  return divergenceOf(p, softmaxOf(p), q, softmaxOf(q));
}

function divergenceOf(p: Float32Array, ofP: Softmax, q: Float32Array, ofQ: Softmax): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const log = (p[i] ?? 0) - ofP.logOfSum;
    sum += Math.exp(log) * (log - ((q[i] ?? 0) - ofQ.logOfSum));
  }
  return sum;
}

function softmaxOf(logits: Float32Array): Softmax {
  const top = topOf(logits);
  const max = logits[top] ?? 0;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  return { top, logOfSum: max + Math.log(sum) };
}

function topOf(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] ?? 0) > (logits[best] ?? 0)) best = i;
  return best;
}
