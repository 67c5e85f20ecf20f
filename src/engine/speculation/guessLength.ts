import type { Prediction, PredictionsAhead } from './predictor.ts';

/** What is expected of a kind weighs as much as so many predictions that were judged. */
const PRIOR_WEIGHT = 8;
/** What was seen so many predictions of a kind ago counts a third. */
const MEMORY = 24;

/** Predictions, the nearest first, and how many of them are worth computing. */
export interface ChosenLength {
  readonly read: readonly Prediction[];
  readonly length: number;
}

interface Seen {
  right: number;
  all: number;
}

/**
 * Decides how many predictions are worth computing: as many as give the most tokens for a pass's time, by what became of
 * earlier ones of their kinds.
 */
export class GuessLength {
  readonly #rowCost: number;
  readonly #seen: readonly Seen[];

  /**
   * @param rowCost what one more row costs a pass, as a share of a pass of one row (`rowCostOf`)
   * @param chances see `Predictor.chances`
   */
  constructor(rowCost: number, chances: readonly number[]) {
    this.#rowCost = rowCost;
    this.#seen = chances.map((chance) => ({ right: PRIOR_WEIGHT * chance, all: PRIOR_WEIGHT }));
  }

  /**
   * Predictions ahead, read only as far as they may be worth it.
   * @param limit at most so many
   * @param before how likely the guesses are that are computed before them in any case
   */
  choose(ahead: PredictionsAhead, limit: number, before: readonly number[] = []): ChosenLength {
    let tokens = 1;
    let isReached = 1;
    for (const chance of before) {
      isReached *= chance;
      tokens += isReached;
    }
    let rows = before.length;
    let [length, bestRate] = [0, tokens / (1 + this.#rowCost * rows)];
    const read: Prediction[] = [];
    while (read.length < limit) {
      const prediction = ahead.next();
      if (!prediction) break;
      read.push(prediction);
      isReached *= this.chanceOf(prediction);
      // None behind it is reached more often, so each adds less to the tokens than its row to the time.
      if (isReached <= this.#rowCost * bestRate) break;
      tokens += isReached;
      rows++;
      const rate = tokens / (1 + this.#rowCost * rows);
      if (rate > bestRate) [length, bestRate] = [read.length, rate];
      if (read.length < limit) ahead.take(prediction.token);
    }
    return { read, length };
  }

  judged({ kind }: Prediction, wasRight: boolean): void {
    const seen = this.#seen[kind];
    if (!seen) return;
    const kept = 1 - 1 / MEMORY;
    seen.right = seen.right * kept + (wasRight ? 1 : 0);
    seen.all = seen.all * kept + 1;
  }

  /** That a prediction is right. */
  chanceOf({ kind }: Prediction): number {
    const seen = this.#seen[kind];
    return seen ? seen.right / seen.all : 0;
  }
}
