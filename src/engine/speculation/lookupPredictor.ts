import { matchClass } from '../../models/ngrams/matchClass.ts';
import type { PredictionsAhead, Predictor } from './predictor.ts';
import { type LookAhead, TextLookup } from './textLookup.ts';

/**
 * How many predictions are right behind 1, 2, 4, 8 and 16 equal tokens: as in 320 refactorings of the held-out set (those of eight
 * tasks, the text and the question looked up).
 */
const CHANCES = [0.5, 0.7, 0.85, 0.91, 0.95] as const;

/** Predicts that a reply goes on as a text does. */
export class LookupPredictor implements Predictor {
  readonly sources = ['lookup'] as const;
  readonly chances = CHANCES;
  readonly #lookup: TextLookup;
  #text: LookAhead;
  readonly #ahead: PredictionsAhead = {
    next: () => {
      const copied = this.#text.next();
      return copied && { token: copied.token, kind: matchClass(copied.matched), source: 'lookup' };
    },
    take: (token) => {
      this.#text.take(token);
    },
  };

  /** @param text tokens, with `NO_TOKEN` for those that are never to be predicted */
  constructor(text: readonly number[]) {
    this.#lookup = new TextLookup(text);
    this.#text = this.#lookup.ahead();
  }

  accept(token: number): void {
    this.#lookup.accept(token);
  }

  ahead(): PredictionsAhead {
    this.#text = this.#lookup.ahead();
    return this.#ahead;
  }
}
