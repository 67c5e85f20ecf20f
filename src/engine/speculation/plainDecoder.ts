import type { KvCache } from '../kvCache.ts';
import type { Decoder, DecodeStep } from './decoder.ts';

/** One pass of the model for each step. */
export class PlainDecoder implements Decoder {
  readonly #cache: KvCache;
  readonly #exactRows: boolean;

  /** @param exactRows whether the reply is to be the one of a decoder that guesses, to the last bit */
  constructor(cache: KvCache, { exactRows }: { readonly exactRows: boolean }) {
    this.#cache = cache;
    this.#exactRows = exactRows;
  }

  get length(): number {
    return this.#cache.length;
  }

  hasComputed(): boolean {
    return false;
  }

  advance({ tokens, recording, signal }: DecodeStep): Promise<Float32Array> {
    return this.#cache.append(tokens, { exactRows: this.#exactRows, recording, signal });
  }

  end(): void {
    // Everything in the cache is the reply's.
  }
}
