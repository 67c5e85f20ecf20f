import { GlassboxError } from '../protocol/errors.ts';
import type { MeasuredActivations } from '../protocol/records.ts';
import type { BackendModel } from './backends/backend.ts';
import { type AppendMeter, KvCache } from './kvCache.ts';
import { ActivationMeter } from './records/activationMeter.ts';
import type { ProcessMemory } from './processMemory.ts';
import type { ConversationRecords } from './records/conversationRecords.ts';

/** How many conversations keep their KV cache at most; a ninth question costs a full prefill, not memory. */
const MAX_CONVERSATIONS = 8;

/**
 * The KV caches of the loaded model by conversation, least recently used first. Memory for a conversation is
 * allocated once, at its first question; when there are too many, or free memory is short, the ones that were
 * used longest ago go.
 */
export class Conversations {
  readonly #model: BackendModel;
  readonly #capacity: number;
  readonly #kvBytes: number;
  readonly #records: ConversationRecords;
  readonly #availableMemory: () => Promise<number>;
  readonly #caches = new Map<string, KvCache>();
  readonly #activations: ActivationMeter;

  constructor(options: {
    readonly model: BackendModel;
    /** Tokens of each conversation. */
    readonly capacity: number;
    /** Estimated bytes of one conversation. */
    readonly kvBytes: number;
    readonly records: ConversationRecords;
    readonly availableMemory: () => Promise<number>;
    readonly processMemory: () => ProcessMemory;
  }) {
    this.#model = options.model;
    this.#capacity = options.capacity;
    this.#kvBytes = options.kvBytes;
    this.#records = options.records;
    this.#availableMemory = options.availableMemory;
    this.#activations = new ActivationMeter(options.processMemory);
  }

  /** The working memory of forward passes; absent before the first prompt. */
  get activations(): MeasuredActivations | undefined {
    return this.#activations.largest;
  }

  /**
   * The cache of a conversation, made if it has none, as the most recently used.
   * @throws GlassboxError `memory/insufficient`
   */
  async open(conversationId: string): Promise<KvCache> {
    const existing = this.#caches.get(conversationId);
    if (existing) {
      this.#caches.delete(conversationId);
      this.#caches.set(conversationId, existing);
      return existing;
    }
    await this.#makeRoom();
    const cache = this.#allocate(conversationId);
    this.#caches.set(conversationId, cache);
    return cache;
  }

  get(conversationId: string): KvCache | undefined {
    return this.#caches.get(conversationId);
  }

  release(conversationId: string): void {
    const cache = this.#caches.get(conversationId);
    if (cache && cache.writtenTokens > 0) this.#activations.stop();
    cache?.dispose();
    this.#caches.delete(conversationId);
  }

  releaseAll(): void {
    for (const conversationId of [...this.#caches.keys()]) this.release(conversationId);
  }

  list(): { conversationId: string; tokens: number; capacity: number; kvBytes: number }[] {
    return [...this.#caches].map(([conversationId, cache]) => ({
      conversationId,
      tokens: cache.length,
      capacity: cache.capacity,
      kvBytes: cache.kvBytes,
    }));
  }

  #allocate(conversationId: string): KvCache {
    try {
      const sequence = this.#model.createSequence(this.#capacity);
      const record = this.#records.open(conversationId);
      record.allocated(sequence);
      return new KvCache(sequence, record, this.#meter(sequence.kvBytes / sequence.capacity));
    } catch (error) {
      // What V8 throws when it cannot have an array of this size.
      if (!(error instanceof RangeError)) throw error;
      throw new GlassboxError(
        'memory/insufficient',
        `There is no memory for the KV cache of a conversation of ${this.#capacity} tokens. ` +
          'Close other programs, or load the model with a smaller context.',
        undefined,
        { cause: error },
      );
    }
  }

  /** @param bytesPerToken of one cache; all have the same */
  #meter(bytesPerToken: number): AppendMeter {
    const writtenKvBytes = (): number =>
      bytesPerToken * [...this.#caches.values()].reduce((sum, cache) => sum + cache.writtenTokens, 0);
    return ({ tokens, contextTokens, newTokens }, run) => {
      const newKvBytes = newTokens * bytesPerToken;
      return this.#activations.during({ tokens, contextTokens, writtenKvBytes, newKvBytes }, run);
    };
  }

  async #makeRoom(): Promise<void> {
    const most = Math.min(MAX_CONVERSATIONS, this.#model.sequencesThatFit?.(this.#capacity) ?? Infinity);
    // Half of what is left stays for everything else that runs here, unless this is the only conversation.
    while (
      this.#caches.size > 0 &&
      (this.#caches.size >= most || this.#kvBytes > (await this.#availableMemory()) / 2)
    ) {
      const [oldest] = this.#caches.keys();
      if (oldest === undefined) return;
      this.release(oldest);
    }
  }
}
