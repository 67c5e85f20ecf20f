/**
 * So many different numbers of tokens are kept: guesses make one pass of a reply wider than the next, and a tensor takes
 * about as long to make as a small operator to run.
 */
export const KEPT_WIDTHS = 17;

/** What passes of different numbers of tokens need, made once for each number. */
export class KeptByWidth<Made> {
  readonly #made = new Map<number, Made>();
  readonly #free: (made: Made) => void;

  constructor(free: (made: Made) => void) {
    this.#free = free;
  }

  /** What was made for so many tokens; it stays at least until another number is asked for. */
  get(tokens: number, make: () => Made): Made {
    const kept = this.#made.get(tokens);
    if (kept !== undefined) return kept;
    if (this.#made.size >= KEPT_WIDTHS) this.dispose();
    const made = make();
    this.#made.set(tokens, made);
    return made;
  }

  /** Not while anything of it is used. */
  dispose(): void {
    for (const made of this.#made.values()) this.#free(made);
    this.#made.clear();
  }
}
