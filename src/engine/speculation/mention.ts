import { NO_TOKEN } from '../../models/ngrams/noToken.ts';
import type { TokenPlaces } from './tokenPlaces.ts';

/** Of the places where the reply has a token the last ones are looked at. */
const MOST_PLACES = 8;
const MOST_TOKENS = 12;
const NOWHERE = -1;

/** Where a reply has said what stands at a place of the text, as much of it as it has anywhere: a thought names what is to be changed, and says how. */
export class Mention {
  readonly #text: readonly number[];
  readonly #places: TokenPlaces;
  readonly #givenLength: number;
  /** Tokens that it has of the text, 0 where there is none. */
  length = 0;
  #end = NOWHERE;

  /** @param text what was given, and the reply from behind `givenLength` on */
  constructor(text: readonly number[], places: TokenPlaces, givenLength: number) {
    this.#text = text;
    this.#places = places;
    this.#givenLength = givenLength;
  }

  /** Of equally long ones the last that the reply goes on behind. @param at -1 for nowhere */
  find(at: number): void {
    this.length = 0;
    this.#end = NOWHERE;
    if (at < 0) return;
    const places = this.#places.of(this.#text[at] ?? NO_TOKEN);
    const least = Math.max(0, places.length - MOST_PLACES);
    for (let index = places.length - 1; index >= least; index--) {
      const place = places[index] ?? 0;
      if (place <= this.#givenLength) return;
      const length = this.#equal(at, place);
      if (length <= this.length || place + length >= this.#text.length) continue;
      this.length = length;
      this.#end = place + length;
    }
  }

  /** What the reply said behind it, `offset` tokens further on. */
  tokenBehind(offset: number): number {
    return this.#end < 0 ? NO_TOKEN : (this.#text[this.#end + offset] ?? NO_TOKEN);
  }

  #equal(at: number, place: number): number {
    const text = this.#text;
    let length = 1;
    while (length < MOST_TOKENS && place + length < text.length && text[place + length] === text[at + length])
      length++;
    return length;
  }
}
