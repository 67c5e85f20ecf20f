/**
 * Cuts a growing text before the first of the stop texts. What could be the beginning of one is held back until
 * the next piece decides.
 */
export class StopTexts {
  readonly #stopTexts: readonly string[];
  #held = '';
  #reached = false;

  constructor(stopTexts: readonly string[]) {
    this.#stopTexts = stopTexts.filter((text) => text !== '');
  }

  /** Whether a stop text was reached; nothing comes out from then on. */
  get reached(): boolean {
    return this.#reached;
  }

  /** What is certain to be in front of any stop text. */
  push(text: string): string {
    if (this.#stopTexts.length === 0 || this.#reached) return this.#reached ? '' : text;
    const all = this.#held + text;
    const starts = this.#stopTexts.map((stop) => all.indexOf(stop)).filter((start) => start >= 0);
    if (starts.length > 0) {
      this.#reached = true;
      this.#held = '';
      return all.slice(0, Math.min(...starts));
    }
    const held = Math.max(...this.#stopTexts.map((stop) => beginningAtEnd(all, stop)));
    this.#held = all.slice(all.length - held);
    return all.slice(0, all.length - held);
  }

  /** What was held, when no more comes. */
  end(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }
}

/** Length of the longest end of `text` with which `stop` begins. */
function beginningAtEnd(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
