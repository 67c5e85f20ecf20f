import { NO_TOKEN } from '../../models/ngrams/noToken.ts';

const NOWHERE: readonly number[] = [];

/** Where each token stands in a text that grows. */
export class TokenPlaces {
  readonly #places = new Map<number, number[]>();

  constructor(text: readonly number[]) {
    for (let at = 0; at < text.length; at++) this.note(text[at] ?? NO_TOKEN, at);
  }

  /** @param at behind all that was noted */
  note(token: number, at: number): void {
    if (token === NO_TOKEN) return;
    const places = this.#places.get(token);
    if (places) places.push(at);
    else this.#places.set(token, [at]);
  }

  /** Ascending. */
  of(token: number): readonly number[] {
    return this.#places.get(token) ?? NOWHERE;
  }
}
