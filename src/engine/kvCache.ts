import type { AppendOptions, BackendSequence } from './backends/backend.ts';

/**
 * One conversation's KV cache: a backend sequence, and which tokens are in it. Everything that extends or
 * cuts the sequence goes through here, so the two never disagree, also after a cancelled or failed run.
 */
export class KvCache {
  readonly #sequence: BackendSequence;
  #tokens: number[] = [];

  constructor(sequence: BackendSequence) {
    this.#sequence = sequence;
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

  /** The tokens whose keys and values are in the cache, oldest first. */
  get tokens(): readonly number[] {
    return this.#tokens;
  }

  /**
   * Keeps the longest common prefix of the cache and `prompt` and forgets the rest. At least the last token of
   * the prompt is left to compute, because logits come only from computing.
   * @returns how many tokens of `prompt` need no computation.
   */
  reuse(prompt: readonly number[]): number {
    const kept = Math.min(commonPrefixLength(this.#tokens, prompt), Math.max(0, prompt.length - 1));
    this.rewind(kept);
    return kept;
  }

  /** As `reuse`, when no logits are wanted: the whole of `tokens` may be kept. */
  keepPrefixOf(tokens: readonly number[]): number {
    const kept = commonPrefixLength(this.#tokens, tokens);
    this.rewind(kept);
    return kept;
  }

  /** Forgets everything after the first `length` tokens. */
  rewind(length: number): void {
    if (length === this.#tokens.length) return;
    this.#sequence.rewind(length);
    this.#tokens.length = length;
  }

  /**
   * Computes `tokens` and appends them. On failure the cache is as it was before.
   * @returns logits, `[vocabulary]` of the last token; valid until the next `append`.
   * @throws GlassboxError `request/cancelled`, `runtime/failed`
   */
  async append(tokens: readonly number[], options?: AppendOptions): Promise<Float32Array> {
    const before = this.#tokens.length;
    try {
      const logits = await this.#sequence.append(tokens, options);
      for (const token of tokens) this.#tokens.push(token);
      return logits;
    } catch (error) {
      if (this.#sequence.length !== before) this.#sequence.rewind(before);
      throw error;
    }
  }

  dispose(): void {
    this.#sequence.dispose();
    this.#tokens = [];
  }
}

export function commonPrefixLength(left: readonly number[], right: readonly number[]): number {
  const limit = Math.min(left.length, right.length);
  let length = 0;
  while (length < limit && left[length] === right[length]) length++;
  return length;
}
