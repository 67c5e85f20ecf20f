import type { GuessSource } from '../../protocol/generation.ts';
import type { Guess, Guesser, GuessRequest } from './guesser.ts';
import { GuessLength } from './guessLength.ts';
import type { Prediction, Predictor } from './predictor.ts';

/**
 * With what was chosen a pass of eight rows, the most that the CPU's kernels take for little more than one: a ninth costs as much as
 * six (docs/benchmarks.md). Replayed, a large model's suite gains a tenth by it over guesses of up to fifteen.
 */
const MOST_GUESSES = 7;
/** From this chance on a prediction is followed without asking anybody else: what a draft costs is more than what it would save. */
const SURE = 0.8;
/** How often another's guess is right, of which a prediction behind it depends: a draft's, measured 0.97. */
const CHANCE_OF_OTHERS = 0.95;

/** Guesses what is predicted, as far as that is worth computing. */
export class LookupGuesser implements Guesser {
  readonly sources: readonly GuessSource[];
  readonly #predictor: Predictor;
  readonly #length: GuessLength;
  /** Predictions from where the reply is, as far as they were read. */
  #read: readonly Prediction[] = [];
  /** The first of them that was not judged. */
  #unjudged = 0;

  /** @param rowCost what computing one more guess costs a pass, as a share of it (`rowCostOf`) */
  constructor(predictor: Predictor, rowCost: number) {
    this.sources = predictor.sources;
    this.#predictor = predictor;
    this.#length = new GuessLength(rowCost, predictor.chances);
  }

  accept(tokens: readonly number[]): void {
    for (const token of tokens) {
      // What was predicted is judged whether or not it was worth computing: so what did not pay can come to pay.
      const next = this.#next;
      if (next) this.#length.judged(next, token === next.token);
      this.#predictor.accept(token);
      if (token === next?.token) this.#unjudged++;
      else this.#forget();
    }
  }

  /** Whether the next token is as good as known. */
  get isSure(): boolean {
    const next = this.#next;
    return next !== undefined && this.#length.chanceOf(next) >= SURE;
  }

  guess({ limit }: GuessRequest): readonly Guess[] {
    const { read, length } = this.#length.choose(this.#predictor.ahead(), Math.min(limit, MOST_GUESSES));
    this.#read = read;
    this.#unjudged = 0;
    return read.slice(0, length);
  }

  /** At most `limit` guesses behind a token that another has guessed and that will be computed. */
  guessBehind(guess: number, limit: number): readonly Guess[] {
    const ahead = this.#predictor.ahead();
    ahead.take(guess);
    const { read, length } = this.#length.choose(ahead, Math.min(limit, MOST_GUESSES - 1), [
      CHANCE_OF_OTHERS,
    ]);
    this.#forget();
    return read.slice(0, length);
  }

  /** What comes next: as it was predicted further back, if it was. */
  get #next(): Prediction | undefined {
    const known = this.#read[this.#unjudged];
    if (known) return known;
    const next = this.#predictor.ahead().next();
    this.#read = next ? [next] : [];
    this.#unjudged = 0;
    return next;
  }

  #forget(): void {
    this.#read = [];
    this.#unjudged = 0;
  }
}
