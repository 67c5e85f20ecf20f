import type { NgramModel } from '../../models/ngrams/ngramModel.ts';
import type { Prediction, PredictionsAhead, Predictor } from './predictor.ts';
import { type ReplyGround, ReplySituation, type SituationsAhead } from './replySituation.ts';

/** Predicts what a model's replies usually say next: mostly what a text says, with the changes that they make. */
export class NgramPredictor implements Predictor {
  readonly sources = ['lookup', 'ngrams'] as const;
  readonly chances: readonly number[];
  readonly #model: NgramModel;
  readonly #reply: ReplySituation;
  #situations: SituationsAhead;
  readonly #ahead: PredictionsAhead = {
    next: () => this.#next(),
    take: (token) => {
      this.#situations.take(token);
    },
  };

  constructor(model: NgramModel, ground: ReplyGround) {
    this.chances = model.chances;
    this.#model = model;
    this.#reply = new ReplySituation(ground, model.classes);
    this.#situations = this.#reply.ahead();
  }

  accept(token: number): void {
    this.#reply.accept(token);
  }

  ahead(): PredictionsAhead {
    this.#situations = this.#reply.ahead();
    return this.#ahead;
  }

  #next(): Prediction | undefined {
    const guess = this.#model.guess(this.#situations.situation());
    return guess && { token: guess.token, kind: guess.kind, source: guess.isCopied ? 'lookup' : 'ngrams' };
  }
}
