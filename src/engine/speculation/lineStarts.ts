import { NO_TOKEN } from '../../models/ngrams/noToken.ts';
import type { TokenPlaces } from './tokenPlaces.ts';

const NOWHERE = -1;

/**
 * What a reply's next line begins with, if its lines go through a text as a list does: a thought names one variable of the code after the
 * other, or one condition. Where the last line began with what stands behind two tokens of the text, the next begins with what stands behind
 * the next two such.
 */
export class LineStarts {
  readonly #text: readonly number[];
  readonly #length: number;
  readonly #places: TokenPlaces;
  /** Where the text has what the last line began with. */
  #at = NOWHERE;
  #next = NO_TOKEN;
  #isAtStart = true;

  /** @param length of the text, which may go on with something else */
  constructor(text: readonly number[], length: number, places: TokenPlaces) {
    this.#text = text;
    this.#length = length;
    this.#places = places;
  }

  /** `NO_TOKEN` where nothing is known. */
  get next(): number {
    return this.#next;
  }

  copyFrom(other: LineStarts): void {
    this.#at = other.#at;
    this.#next = other.#next;
    this.#isAtStart = other.#isAtStart;
  }

  /** @param ends whether a line ends with `token` */
  goOn(token: number, ends: boolean): void {
    if (this.#isAtStart) this.#begin(token);
    this.#isAtStart = ends;
  }

  #begin(token: number): void {
    const places = this.#places.of(token);
    const after = places.find((place) => this.#isParallel(place));
    const at = after ?? places[0] ?? this.#length;
    if (at >= this.#length) return;
    this.#at = at;
    this.#next = NO_TOKEN;
    if (at === 0) return;
    for (const place of this.#places.of(this.#textAt(at - 1))) {
      if (!this.#isParallel(place + 1)) continue;
      this.#next = this.#textAt(place + 1);
      return;
    }
  }

  /** Whether a place stands behind the last one, and behind the same two tokens. */
  #isParallel(place: number): boolean {
    if (place <= this.#at || place >= this.#length) return false;
    if (this.#at < 1) return true;
    const [text, at] = [this.#text, this.#at];
    return text[place - 1] === text[at - 1] && text[place - 2] === text[at - 2];
  }

  #textAt(at: number): number {
    return this.#text[at] ?? NO_TOKEN;
  }
}
