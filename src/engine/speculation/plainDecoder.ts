import type { KvCache } from '../kvCache.ts';
import type { BestNeed, Logits } from '../sampling/bestLogits.ts';
import type { Decoder, DecodeStep } from './decoder.ts';

/** One pass of the model for each step. */
export class PlainDecoder implements Decoder {
  readonly #cache: KvCache;
  readonly #exactRows: boolean;
  readonly #need: BestNeed | undefined;

  /**
   * @param exactRows whether the reply is to be the one of a decoder that guesses, to the last bit
   * @param need what of the logits the reply's sampler can do with
   */
  constructor(
    cache: KvCache,
    { exactRows, need }: { readonly exactRows: boolean; readonly need?: BestNeed | undefined },
  ) {
    this.#cache = cache;
    this.#need = need;
    this.#exactRows = exactRows;
  }

  get length(): number {
    return this.#cache.length;
  }

  prepare(): void {
    // Steps are single tokens.
  }

  hasComputed(): boolean {
    return false;
  }

  async advance({ tokens, recording, signal }: DecodeStep): Promise<Logits> {
    const options = { exactRows: this.#exactRows, recording, signal };
    const [logits] = await this.#cache.appendBest(tokens, this.#need, options);
    if (logits === undefined) throw new RangeError('an append gave no logits');
    return logits;
  }

  end(): void {
    // Everything in the cache is the reply's.
  }
}
