import type { Prediction } from './textLookup.ts';

/**
 * How many of 10 predictions are right behind 1, 2, 4, 8 and 16 equal tokens, before any was judged: as in 320 refactorings of
 * the held-out set (those of eight tasks, the text and the question looked up).
 */
const EXPECTED_OF_TEN = [5, 7, 8.5, 9.1, 9.5] as const;
/** What is expected weighs as much as so many guesses. */
const PRIOR_WEIGHT = 8;
/** What was seen so many guesses ago counts a third. */
const MEMORY = 24;

interface Seen {
  right: number;
  all: number;
}

/**
 * Decides how many predictions are worth computing: as many as give the most tokens for a pass's time, by what became of
 * earlier ones that had as many equal tokens before them.
 */
export class GuessLength {
  readonly #rowCost: number;
  readonly #seen: readonly Seen[] = EXPECTED_OF_TEN.map((of10) => ({
    right: (PRIOR_WEIGHT * of10) / 10,
    all: PRIOR_WEIGHT,
  }));

  /** @param rowCost what one more row costs a pass, as a share of a pass of one row (`rowCostOf`) */
  constructor(rowCost: number) {
    this.#rowCost = rowCost;
  }

  /**
   * How many of `predictions`, the first ones.
   * @param before how likely the guesses are that are computed before them in any case
   */
  choose(predictions: readonly Prediction[], before: readonly number[] = []): number {
    let tokens = 1;
    let isReached = 1;
    for (const chance of before) {
      isReached *= chance;
      tokens += isReached;
    }
    let [best, bestRate] = [0, tokens / (1 + this.#rowCost * before.length)];
    for (const [index, prediction] of predictions.entries()) {
      isReached *= this.chanceOf(prediction);
      tokens += isReached;
      const rate = tokens / (1 + this.#rowCost * (before.length + index + 1));
      if (rate > bestRate) [best, bestRate] = [index + 1, rate];
    }
    return best;
  }

  judged({ matched }: Prediction, wasRight: boolean): void {
    const seen = this.#seenBehind(matched);
    if (!seen) return;
    const kept = 1 - 1 / MEMORY;
    seen.right = seen.right * kept + (wasRight ? 1 : 0);
    seen.all = seen.all * kept + 1;
  }

  /** That a prediction is right. */
  chanceOf({ matched }: Prediction): number {
    const seen = this.#seenBehind(matched);
    return seen ? seen.right / seen.all : 0;
  }

  #seenBehind(matched: number): Seen | undefined {
    return this.#seen[Math.min(this.#seen.length - 1, Math.floor(Math.log2(Math.max(1, matched))))];
  }
}
