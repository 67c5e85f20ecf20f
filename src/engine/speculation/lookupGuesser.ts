import type { Guesser, GuessRequest } from './guesser.ts';
import { GuessLength } from './guessLength.ts';
import { TextLookup } from './textLookup.ts';

/** More rows than these were never worth their time (docs/benchmarks.md). */
const MOST_GUESSES = 15;

/** Guesses that the reply goes on as a text does. */
export class LookupGuesser implements Guesser {
  readonly source = 'lookup';
  readonly #lookup: TextLookup;
  readonly #length = new GuessLength();

  /** @param text tokens, with `NO_TOKEN` for those that are never to be guessed */
  constructor(text: readonly number[]) {
    this.#lookup = new TextLookup(text);
  }

  accept(tokens: readonly number[]): void {
    for (const token of tokens) {
      // What was predicted is judged whether or not it was worth computing: so what did not pay can come to pay.
      const [expected] = this.#lookup.predict(1);
      if (expected) this.#length.judged(expected, token === expected.token);
      this.#lookup.accept(token);
    }
  }

  guess({ limit }: GuessRequest): Promise<readonly number[]> {
    const predictions = this.#lookup.predict(Math.min(limit, MOST_GUESSES));
    const guesses = predictions.slice(0, this.#length.choose(predictions));
    return Promise.resolve(guesses.map(({ token }) => token));
  }
}
