/**
 * Makes the tokens of the recent past less likely (Keskar et al. 2019, arXiv 1909.05858, section 4.1): a positive logit
 * is divided by the penalty, another multiplied, once for each different token however often it occurred.
 */
export class RepetitionPenalty {
  readonly #penalty: number;
  readonly #window: number;
  /** The last tokens, a ring once it is full. */
  readonly #recent: number[] = [];
  #oldest = 0;
  /** How often each token is in `recent`. */
  readonly #counts = new Map<number, number>();
  readonly #replaced: number[] = [];

  constructor(penalty: number, window: number) {
    this.#penalty = penalty;
    this.#window = penalty === 1 ? 0 : window;
  }

  accept(token: number): void {
    if (this.#window === 0) return;
    if (this.#recent.length < this.#window) {
      this.#recent.push(token);
    } else {
      this.#forget(this.#recent[this.#oldest] ?? 0);
      this.#recent[this.#oldest] = token;
      this.#oldest = (this.#oldest + 1) % this.#window;
    }
    this.#counts.set(token, (this.#counts.get(token) ?? 0) + 1);
  }

  #forget(token: number): void {
    const count = (this.#counts.get(token) ?? 1) - 1;
    if (count === 0) this.#counts.delete(token);
    else this.#counts.set(token, count);
  }

  /** Runs `use` while `logits` are penalized, and gives them back as they were. */
  during<Result>(logits: Float32Array, use: () => Result): Result {
    if (this.#counts.size === 0) return use();
    const tokens = this.#counts.keys();
    this.#replaced.length = 0;
    for (const token of tokens) {
      const logit = logits[token] ?? 0;
      this.#replaced.push(logit);
      logits[token] = logit > 0 ? logit / this.#penalty : logit * this.#penalty;
    }
    try {
      return use();
    } finally {
      let i = 0;
      for (const token of this.#counts.keys()) logits[token] = this.#replaced[i++] ?? 0;
    }
  }
}
