import type { EvictionReason } from '../protocol/records.ts';
import { appendBest } from './backends/appendBest.ts';
import type {
  AppendOptions,
  BackendSequence,
  BestOptions,
  RoutedTokens,
  SequenceDraft,
} from './backends/backend.ts';
import { type Recording, UNRECORDED } from './records/tokenLabel.ts';
import type { BestNeed, Logits } from './sampling/bestLogits.ts';

/** Who is told what happens to a cache. */
export interface CacheObserver {
  /** Tokens are about to be appended. @returns who is told their routing */
  onRouting(
    firstPosition: number,
    tokens: readonly number[],
    recording: Recording,
  ): ((routing: RoutedTokens) => void) | undefined;
  /** Tokens are being computed on other threads, or soon on this one: what can wait is best done now. */
  computing(): void;
  appended(firstPosition: number, tokens: readonly number[], recording: Recording): void;
  /** Tokens behind the first `length` were taken back, to be computed again or because they were a draft. */
  truncated(length: number): void;
  /** Tokens behind the first `length` left the cache. */
  evicted(length: number, reason: EvictionReason): void;
  /** So many tokens of a question's prompt need no computation. */
  reused(tokens: number): void;
  /** The cache is no more. */
  released(): void;
}

/** Runs an append, and measures it or not. `newTokens`: rows of the cache that were never written before. */
export type AppendMeter = <Result>(
  piece: { readonly tokens: number; readonly contextTokens: number; readonly newTokens: number },
  run: () => Promise<Result>,
) => Promise<Result>;

export interface CacheAppendOptions extends Omit<AppendOptions, 'onRouting'> {
  /** What is recorded of the tokens. */
  readonly recording?: Recording;
}

/**
 * One conversation's KV cache: a backend sequence, and which tokens are in it. Everything that extends or
 * cuts the sequence goes through here, so the two never disagree, also after a cancelled or failed run.
 */
export class KvCache {
  readonly #sequence: BackendSequence;
  readonly #observer: CacheObserver | undefined;
  readonly #meter: AppendMeter;
  #tokens: number[] = [];
  #writtenTokens = 0;

  constructor(sequence: BackendSequence, observer?: CacheObserver, meter: AppendMeter = (_, run) => run()) {
    this.#sequence = sequence;
    this.#observer = observer;
    this.#meter = meter;
  }

  get length(): number {
    return this.#tokens.length;
  }

  get capacity(): number {
    return this.#sequence.capacity;
  }

  get kvBytes(): number {
    return this.#sequence.kvBytes;
  }

  /** The most tokens that it ever held: rows that were written take memory, also those behind `length`. */
  get writtenTokens(): number {
    return this.#writtenTokens;
  }

  /** Looks ahead of the cache; absent where nothing drafts. */
  get draft(): SequenceDraft | undefined {
    return this.#sequence.draft;
  }

  /** The tokens whose keys and values are in the cache, oldest first. */
  get tokens(): readonly number[] {
    return this.#tokens;
  }

  /** See `BackendSequence.prepareGuesses`. */
  prepareGuesses(): void {
    this.#sequence.prepareGuesses?.();
  }

  /**
   * Keeps the longest common prefix of the cache and `prompt` and forgets the rest. At least the last token of
   * the prompt is left to compute, because logits come only from computing.
   * @param reason why the rest is forgotten
   * @returns how many tokens of `prompt` need no computation.
   */
  reuse(prompt: readonly number[], reason: EvictionReason = 'edit'): number {
    const kept = Math.min(this.keepPrefixOf(prompt, reason), Math.max(0, prompt.length - 1));
    this.rewind(kept);
    this.#observer?.reused(kept);
    return kept;
  }

  /** As `reuse`, when no logits are wanted: the whole of `tokens` may be kept. */
  keepPrefixOf(tokens: readonly number[], reason: EvictionReason): number {
    const kept = commonPrefixLength(this.#tokens, tokens);
    this.evict(kept, reason);
    return kept;
  }

  /** Forgets everything after the first `length` tokens, for a reason that people are told. */
  evict(length: number, reason: EvictionReason): void {
    if (this.#cut(length)) this.#observer?.evicted(length, reason);
  }

  /** Takes back everything after the first `length` tokens: it is computed again, or was a draft. */
  rewind(length: number): void {
    if (this.#cut(length)) this.#observer?.truncated(length);
  }

  /**
   * Computes `tokens` and appends them. On failure the cache is as it was before.
   * @returns logits, `[vocabulary]` of the last token; valid until the next `append`.
   * @throws GlassboxError `request/cancelled`, `runtime/failed`
   */
  append(tokens: readonly number[], options: CacheAppendOptions = {}): Promise<Float32Array> {
    return this.#append(tokens, options, undefined, (own) => this.#sequence.append(tokens, own));
  }

  /**
   * As `append`.
   * @param need what of the logits is enough; undefined: nothing but all of them
   * @returns what is needed of each row, of the last token's alone without `allLogits`; valid until the next `append`
   */
  appendBest(
    tokens: readonly number[],
    need: BestNeed | undefined,
    options: CacheAppendOptions = {},
  ): Promise<readonly Logits[]> {
    return this.#append(tokens, options, need, (own) => appendBest(this.#sequence, tokens, own));
  }

  async #append<Result>(
    tokens: readonly number[],
    { recording = UNRECORDED, allLogits, exactRows, signal }: CacheAppendOptions,
    need: BestNeed | undefined,
    run: (options: BestOptions) => Promise<Result>,
  ): Promise<Result> {
    const before = this.#tokens.length;
    const onRouting = this.#observer?.onRouting(before, tokens, recording);
    try {
      const contextTokens = before + tokens.length;
      const newTokens = Math.max(0, contextTokens - this.#writtenTokens);
      const appending = this.#meter({ tokens: tokens.length, contextTokens, newTokens }, () =>
        run({ allLogits, exactRows, signal, onRouting, need }),
      );
      this.#observer?.computing();
      const result = await appending;
      this.#writtenTokens += newTokens;
      for (const token of tokens) this.#tokens.push(token);
      this.#observer?.appended(before, tokens, recording);
      return result;
    } catch (error) {
      if (this.#sequence.length !== before) this.#sequence.rewind(before);
      // Some of the tokens may have been computed, and their routing recorded.
      this.#observer?.truncated(before);
      throw error;
    }
  }

  dispose(): void {
    this.#observer?.released();
    this.#sequence.dispose();
    this.#tokens = [];
  }

  #cut(length: number): boolean {
    if (length === this.#tokens.length) return false;
    this.#sequence.rewind(length);
    this.#tokens.length = length;
    return true;
  }
}

export function commonPrefixLength(left: readonly number[], right: readonly number[]): number {
  const limit = Math.min(left.length, right.length);
  let length = 0;
  while (length < limit && left[length] === right[length]) length++;
  return length;
}
