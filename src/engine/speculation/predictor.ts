import type { GuessSource } from '../../protocol/generation.ts';

/** A token that may come next. */
export interface Prediction {
  readonly token: number;
  /** Predictions of one kind are about equally often right: an index of `Predictor.chances`. */
  readonly kind: number;
  readonly source: GuessSource;
}

/** Predictions beyond the end of a reply. */
export interface PredictionsAhead {
  /** What may come next; undefined where nothing is known. */
  next(): Prediction | undefined;
  /** Takes `token` for the reply's next one, whether it was predicted or not. */
  take(token: number): void;
}

/** Predicts a reply from what it has said. */
export interface Predictor {
  /** Whom its predictions are from. */
  readonly sources: readonly GuessSource[];
  /** Of each kind of prediction how likely one is right, before any was judged: 0 to 1. */
  readonly chances: readonly number[];
  /** The reply goes on with `token`. */
  accept(token: number): void;
  /** Looks ahead from where the reply is now, until it goes on; what it gave before is at an end. */
  ahead(): PredictionsAhead;
}
