import { beginningAtEnd } from '../reasoning/beginningAtEnd.ts';

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
    if (this.#reached) return '';
    if (this.#stopTexts.length === 0) return text;
    const all = this.#held + text;
    let [end, held] = [all.length, 0];
    for (const stop of this.#stopTexts) {
      const start = all.indexOf(stop);
      if (start >= 0) {
        this.#reached = true;
        end = Math.min(end, start);
      }
      held = Math.max(held, beginningAtEnd(all, stop));
    }
    if (!this.#reached) end -= held;
    this.#held = this.#reached ? '' : all.slice(end);
    return all.slice(0, end);
  }

  /** What was held, when no more comes. */
  end(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }
}
