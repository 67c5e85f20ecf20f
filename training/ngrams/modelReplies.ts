import type { BackendModel } from '../../src/engine/backends/backend.ts';
import { KvCache } from '../../src/engine/kvCache.ts';
import { UNRECORDED } from '../../src/engine/records/tokenLabel.ts';
import { GREEDY } from '../../src/engine/sampling/greedy.ts';
import { Sampler } from '../../src/engine/sampling/sampler.ts';
import { LookupGuesser } from '../../src/engine/speculation/lookupGuesser.ts';
import { LookupPredictor } from '../../src/engine/speculation/lookupPredictor.ts';
import { SpeculativeDecoder } from '../../src/engine/speculation/speculativeDecoder.ts';

/** Of prompt and reply. */
const CONTEXT_TOKENS = 1024;
/** None of a sample is as long: such a reply goes round. */
const MOST_TOKENS = 500;
/** About, on any processor: it decides how long this takes, not what is said. */
const ROW_COST = 0.25;

/** What a model says, at temperature 0. */
export class ModelReplies {
  readonly #model: BackendModel;
  readonly #vocabularySize: number;
  readonly #ends: (token: number) => boolean;

  constructor(model: BackendModel, vocabularySize: number, ends: (token: number) => boolean) {
    this.#model = model;
    this.#vocabularySize = vocabularySize;
    this.#ends = ends;
  }

  /**
   * Without the token that ends it.
   * @param text what the reply is likely to repeat (`lookupTokens`)
   */
  async replyTo(prompt: readonly number[], text: readonly number[]): Promise<readonly number[]> {
    const cache = new KvCache(this.#model.createSequence(CONTEXT_TOKENS));
    try {
      const { signal } = new AbortController();
      const sampler = new Sampler(this.#vocabularySize, GREEDY);
      const guesser = new LookupGuesser(new LookupPredictor(text), ROW_COST);
      const decoder = new SpeculativeDecoder(cache, guesser, sampler.need);
      const most = Math.min(MOST_TOKENS, CONTEXT_TOKENS - prompt.length);
      const recording = UNRECORDED;
      const reply: number[] = [];
      let token = sampler.sample(await cache.append(prompt, { signal }));
      while (!this.#ends(token) && reply.length < most) {
        reply.push(token);
        const room = most - reply.length;
        token = sampler.sample(
          await decoder.advance({ tokens: [token], recording, nextRecording: recording, room, signal }),
        );
      }
      return reply;
    } finally {
      cache.dispose();
    }
  }
}
