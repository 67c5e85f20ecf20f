import type { GuessSource } from '../../protocol/generation.ts';

/** A token that may be the reply's, and who says so. */
export interface Guess {
  readonly token: number;
  readonly source: GuessSource;
}

/** Says what may come next in a reply. It chooses nothing: what it says is computed ahead, and checked. */
export interface Guesser {
  /** Whom its guesses are from. */
  readonly sources: readonly GuessSource[];
  /** These tokens are part of the reply, behind those of the calls before. */
  accept(tokens: readonly number[]): void;
  /**
   * What may stand behind the tokens that were accepted, the nearest first; empty where it knows nothing. At once where it needs
   * no pass of the model for that.
   * @throws GlassboxError `request/cancelled`, `runtime/failed`
   */
  guess(request: GuessRequest): Promise<readonly Guess[]> | readonly Guess[];
}

export interface GuessRequest {
  /** The accepted tokens that are not in the cache yet; the pass that computes the guesses computes them. */
  readonly uncomputed: readonly number[];
  /** At most so many, 1 or more. */
  readonly limit: number;
  readonly signal: AbortSignal;
}
