import type { GuessSource } from '../../protocol/generation.ts';
import type { DraftGuesser } from './draftGuesser.ts';
import type { Guess, Guesser, GuessRequest } from './guesser.ts';
import type { LookupGuesser } from './lookupGuesser.ts';

/**
 * A text and the model's draft together. Where the reply follows the text, that is asked alone: it costs nothing. Where it has just
 * left the text or stands between places of it, the draft says the next token, and the text what stands behind that one: a draft
 * is nearly always right about one token and sees no second, a text is the other way round.
 */
export class DraftedLookupGuesser implements Guesser {
  readonly sources: readonly GuessSource[];
  readonly #lookup: LookupGuesser;
  readonly #draft: DraftGuesser;

  constructor(lookup: LookupGuesser, draft: DraftGuesser) {
    this.sources = [...lookup.sources, ...draft.sources];
    this.#lookup = lookup;
    this.#draft = draft;
  }

  accept(tokens: readonly number[]): void {
    this.#lookup.accept(tokens);
    this.#draft.accept();
  }

  guess(request: GuessRequest): Promise<readonly Guess[]> | readonly Guess[] {
    return this.#lookup.isSure ? this.#lookup.guess(request) : this.#guessWithDraft(request);
  }

  async #guessWithDraft(request: GuessRequest): Promise<readonly Guess[]> {
    const [drafted] = await this.#draft.guess(request);
    return drafted
      ? [drafted, ...this.#lookup.guessBehind(drafted.token, request.limit - 1)]
      : this.#lookup.guess(request);
  }
}
