import { askedBy, type Ending, endingOf } from '../../models/ngrams/contexts.ts';
import type { NgramModel } from '../../models/ngrams/ngramModel.ts';
import type { Prediction, PredictionsAhead, Predictor } from './predictor.ts';
import { TextLookup } from './textLookup.ts';

/** Predicts what a model's replies usually say next: mostly what a text says, with the changes that they make. */
export class NgramPredictor implements Predictor {
  readonly sources = ['lookup', 'ngrams'] as const;
  readonly chances: readonly number[];
  readonly #model: NgramModel;
  readonly #lookup: TextLookup;
  readonly #asked: number;
  #ending: Ending;

  /**
   * @param text tokens, with `NO_TOKEN` for those that are never to be copied
   * @param promptTokens what the reply stands behind
   */
  constructor(model: NgramModel, text: readonly number[], promptTokens: readonly number[]) {
    this.chances = model.chances;
    this.#model = model;
    this.#lookup = new TextLookup(text);
    this.#asked = askedBy(promptTokens);
    this.#ending = endingOf(promptTokens);
  }

  accept(token: number): void {
    this.#lookup.accept(token);
    this.#ending = endedBy(token, this.#ending);
  }

  ahead(): PredictionsAhead {
    const text = this.#lookup.ahead();
    let ending = this.#ending;
    return {
      next: (): Prediction | undefined => {
        const guess = this.#model.guess({ asked: this.#asked, ending, copied: text.next() });
        return (
          guess && { token: guess.token, kind: guess.kind, source: guess.isCopied ? 'lookup' : 'ngrams' }
        );
      },
      take: (token) => {
        text.take(token);
        ending = endedBy(token, ending);
      },
    };
  }
}

function endedBy(token: number, [first, second]: Ending): Ending {
  return [token, first, second];
}
