/** Logits of one engine at each position of a text, to compare others with. */
export class LogitsRecord {
  readonly #logits: Float32Array;

  constructor(
    readonly positions: number,
    readonly vocabulary: number,
  ) {
    this.#logits = new Float32Array(positions * vocabulary);
  }

  set(position: number, logits: Float32Array): void {
    if (logits.length !== this.vocabulary)
      throw new RangeError(`${logits.length} logits of ${this.vocabulary}`);
    this.#logits.set(logits, position * this.vocabulary);
  }

  at(position: number): Float32Array {
    return this.#logits.subarray(position * this.vocabulary, (position + 1) * this.vocabulary);
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
    this.#positions++;
    this.#divergence += divergence(reference, logits);
    if (top(reference) === top(logits)) this.#sameTop++;
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

/** D(p || q) in nats for the softmaxes of two logit vectors. */
export function divergence(p: Float32Array, q: Float32Array): number {
  const logP = logOfSum(p);
  const logQ = logOfSum(q);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const log = (p[i] ?? 0) - logP;
    sum += Math.exp(log) * (log - ((q[i] ?? 0) - logQ));
  }
  return sum;
}

/** Logarithm of the sum of e^logit. */
function logOfSum(logits: Float32Array): number {
  const max = logits[top(logits)] ?? 0;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  return max + Math.log(sum);
}

function top(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] ?? 0) > (logits[best] ?? 0)) best = i;
  return best;
}
