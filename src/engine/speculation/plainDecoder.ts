import type { KvCache } from '../kvCache.ts';
import type { Decoder, DecodeStep } from './decoder.ts';

/** One pass of the model for each step. */
export class PlainDecoder implements Decoder {
  readonly #cache: KvCache;

  constructor(cache: KvCache) {
    this.#cache = cache;
  }

  get length(): number {
    return this.#cache.length;
  }

  hasComputed(): boolean {
    return false;
  }

  advance({ tokens, recording, signal }: DecodeStep): Promise<Float32Array> {
    return this.#cache.append(tokens, { recording, signal });
  }

  end(): void {
    // Everything in the cache is the reply's.
  }
}
