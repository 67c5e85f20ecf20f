import type { Guess, Guesser, GuessRequest } from './guesser.ts';
import { GuessLength } from './guessLength.ts';
import { type Prediction, TextLookup } from './textLookup.ts';

/**
 * With what was chosen a pass of eight rows, the most that the CPU's kernels take for little more than one: a ninth costs as much as
 * six (docs/benchmarks.md). Replayed, a large model's suite gains a tenth by it over guesses of up to fifteen.
 */
const MOST_GUESSES = 7;
/** From this chance on a prediction is followed without asking anybody else: what a draft costs is more than what it would save. */
const SURE = 0.8;
/** How often another's guess is right, of which a prediction behind it depends: a draft's, measured 0.97. */
const CHANCE_OF_OTHERS = 0.95;

/** Guesses that the reply goes on as a text does. */
export class LookupGuesser implements Guesser {
  readonly sources = ['lookup'] as const;
  readonly #lookup: TextLookup;
  readonly #length: GuessLength;

  /**
   * @param text tokens, with `NO_TOKEN` for those that are never to be guessed
   * @param rowCost what computing one more guess costs a pass, as a share of it (`rowCostOf`)
   */
  constructor(text: readonly number[], rowCost: number) {
    this.#lookup = new TextLookup(text);
    this.#length = new GuessLength(rowCost);
  }

  accept(tokens: readonly number[]): void {
    for (const token of tokens) {
      // What was predicted is judged whether or not it was worth computing: so what did not pay can come to pay.
      const [expected] = this.#lookup.predict(1);
      if (expected) this.#length.judged(expected, token === expected.token);
      this.#lookup.accept(token);
    }
  }

  /** Whether the next token is as good as known. */
  get isSure(): boolean {
    const [next] = this.#lookup.predict(1);
    return next !== undefined && this.#length.chanceOf(next) >= SURE;
  }

  guess({ limit }: GuessRequest): readonly Guess[] {
    const predictions = this.#lookup.predict(Math.min(limit, MOST_GUESSES));
    return guessesOf(predictions.slice(0, this.#length.choose(predictions)));
  }

  /** At most `limit` guesses behind a token that another has guessed and that will be computed. */
  guessBehind(guess: number, limit: number): readonly Guess[] {
    const predictions = this.#lookup.predict(Math.min(limit, MOST_GUESSES - 1), guess);
    return guessesOf(predictions.slice(0, this.#length.choose(predictions, [CHANCE_OF_OTHERS])));
  }
}

function guessesOf(predictions: readonly Prediction[]): readonly Guess[] {
  return predictions.map(({ token }) => ({ token, source: 'lookup' }));
}
