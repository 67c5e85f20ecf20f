import type { SequenceDraft } from '../backends/backend.ts';
import type { Sampler } from '../sampling/sampler.ts';
import type { Guess, Guesser, GuessRequest } from './guesser.ts';

/**
 * The model's own draft of the token after the next one. The guess is what the sampler would take from the draft's logits
 * with the very random number that it will use for the next token: the nearer the draft comes to the model, the more often
 * the two choices are one.
 */
export class DraftGuesser implements Guesser {
  readonly sources = ['draft'] as const;
  readonly #draft: SequenceDraft;
  readonly #sampler: Sampler;

  /** @param sampler the reply's; it has accepted the tokens of a step before `guess` */
  constructor(draft: SequenceDraft, sampler: Sampler) {
    this.#draft = draft;
    this.#sampler = sampler;
  }

  accept(): void {
    // It looks at the model's own stream.
  }

  async guess({ uncomputed: [token, ...more], signal }: GuessRequest): Promise<readonly Guess[]> {
    // It sees one token ahead of the cache, so several at once leave nothing to guess from.
    if (token === undefined || more.length > 0) return [];
    const logits = await this.#draft.propose(token, { signal });
    return logits ? [{ token: this.#sampler.preview(logits), source: 'draft' }] : [];
  }
}
