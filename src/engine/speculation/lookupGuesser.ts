import type { GuessSource } from '../../protocol/generation.ts';
import type { Guess, Guesser, GuessRequest } from './guesser.ts';
import { GuessLength } from './guessLength.ts';
import type { Prediction, PredictionsAhead, Predictor } from './predictor.ts';

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
  #ahead: PredictionsAhead;
  /** The first prediction. */
  #next: Prediction | undefined;

  /** @param rowCost what computing one more guess costs a pass, as a share of it (`rowCostOf`) */
  constructor(predictor: Predictor, rowCost: number) {
    this.sources = predictor.sources;
    this.#predictor = predictor;
    this.#length = new GuessLength(rowCost, predictor.chances);
    this.#ahead = predictor.ahead();
    this.#next = this.#ahead.next();
  }

  accept(tokens: readonly number[]): void {
    for (const token of tokens) {
      // What was predicted is judged whether or not it was worth computing: so what did not pay can come to pay.
      if (this.#next) this.#length.judged(this.#next, token === this.#next.token);
      this.#predictor.accept(token);
      this.#ahead = this.#predictor.ahead();
      this.#next = this.#ahead.next();
    }
  }

  /** Whether the next token is as good as known. */
  get isSure(): boolean {
    return this.#next !== undefined && this.#length.chanceOf(this.#next) >= SURE;
  }

  guess({ limit }: GuessRequest): readonly Guess[] {
    return this.#length.choose(this.#predictions(Math.min(limit, MOST_GUESSES)));
  }

  /** At most `limit` guesses behind a token that another has guessed and that will be computed. */
  guessBehind(guess: number, limit: number): readonly Guess[] {
    this.#ahead.take(guess);
    const predictions = this.#predictions(Math.min(limit, MOST_GUESSES - 1));
    return this.#length.choose(predictions, [CHANCE_OF_OTHERS]);
  }

  *#predictions(limit: number): Generator<Prediction, void> {
    const ahead = this.#ahead;
    // A second look begins where the reply is.
    this.#ahead = this.#predictor.ahead();
    for (let count = 0, last: Prediction | undefined; count < limit; count++) {
      if (last) ahead.take(last.token);
      last = ahead.next();
      if (!last) return;
      yield last;
    }
  }
}
