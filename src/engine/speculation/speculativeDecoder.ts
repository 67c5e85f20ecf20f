import type { SpeculationCounts } from '../../protocol/generation.ts';
import type { SequenceDraft } from '../backends/backend.ts';
import type { KvCache } from '../kvCache.ts';
import type { Recording } from '../records/tokenLabel.ts';
import type { Sampler } from '../sampling/sampler.ts';
import type { Decoder, DecodeStep } from './decoder.ts';

/** A token that was computed before it was chosen: the last one in the cache. */
interface Guess {
  readonly token: number;
  readonly recording: Recording;
  /** `[vocabulary]` behind it. */
  readonly logits: Float32Array;
}

/**
 * Speculative decoding (arXiv 2211.17192) with the model's own draft of the token after the next one: a pass computes the
 * chosen token and a guess behind it, and when the next choice is that guess, its logits are there already.
 *
 * Tokens are only ever chosen by the reply's sampler from the model's logits, so a reply is the one that plain decoding
 * gives, token for token, where a row's logits do not depend on the rows beside it (docs/quantization.md), and has its
 * distribution to rounding elsewhere. The guess is what the sampler would take from the draft's logits with the very
 * random number that it will use for the next token: the nearer the draft comes to the model, the more often the two
 * choices are one.
 */
export class SpeculativeDecoder implements Decoder {
  readonly #cache: KvCache;
  readonly #draft: SequenceDraft;
  readonly #sampler: Sampler;
  #guess: Guess | undefined;
  #drafted = 0;
  #accepted = 0;

  /** @param sampler the reply's; it has accepted the tokens of a step before `advance` */
  constructor(cache: KvCache, draft: SequenceDraft, sampler: Sampler) {
    this.#cache = cache;
    this.#draft = draft;
    this.#sampler = sampler;
  }

  get length(): number {
    return this.#cache.length - (this.#guess ? 1 : 0);
  }

  get counts(): SpeculationCounts {
    const total = { drafted: this.#drafted, accepted: this.#accepted };
    return { ...total, byPosition: [total] };
  }

  hasComputed(token: number, recording: Recording): boolean {
    return this.#guess?.token === token && this.#guess.recording === recording;
  }

  async advance(step: DecodeStep): Promise<Float32Array> {
    const guess = this.#guess;
    const [first] = step.tokens;
    if (guess) this.#drafted++;
    if (guess && first !== undefined && this.hasComputed(first, step.recording)) {
      this.#accepted++;
      this.#guess = undefined;
      const rest = step.tokens.slice(1);
      return rest.length === 0 ? guess.logits : this.#compute({ ...step, tokens: rest });
    }
    this.end();
    return this.#compute(step);
  }

  end(): void {
    if (!this.#guess) return;
    this.#guess = undefined;
    this.#cache.rewind(this.#cache.length - 1);
  }

  async #compute(step: DecodeStep): Promise<Float32Array> {
    const { tokens, recording, nextRecording, signal } = step;
    const token = await this.#propose(step);
    if (token === undefined) return this.#cache.append(tokens, { recording, signal });
    const guessed = this.#cache.length + tokens.length;
    const logits = await this.#cache.append([...tokens, token], {
      allLogits: true,
      recording: {
        routing: recording.routing,
        labelAt: (position) => (position < guessed ? recording : nextRecording).labelAt(position),
      },
      signal,
    });
    const vocabularySize = logits.length / (tokens.length + 1);
    const behind = logits.subarray(-vocabularySize);
    this.#guess = { token, recording: nextRecording, logits: behind };
    return logits.subarray(-2 * vocabularySize, -vocabularySize);
  }

  /** What may be chosen behind the step's token; undefined where a guess would be of no use. */
  async #propose({ tokens: [token, ...more], goesOn, signal }: DecodeStep): Promise<number | undefined> {
    // The draft sees one token ahead of the cache, so several at once leave nothing to guess from.
    const hasRoom = this.#cache.length + 2 <= this.#cache.capacity;
    if (token === undefined || more.length > 0 || !goesOn || !hasRoom) return undefined;
    const logits = await this.#draft.propose(token, { signal });
    return logits && this.#sampler.preview(logits);
  }
}
