import type { KvCache } from './kvCache.ts';
import type { Recording } from './records/tokenLabel.ts';

export interface PrefillOptions {
  /** Tokens computed at once: the grain of progress and of cancellation. */
  readonly chunkTokens: number;
  readonly signal: AbortSignal;
  readonly recording?: Recording;
  /** After each chunk: how many of `tokens` are done. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Computes `tokens` in chunks, none of them a single token: products of one row run in another kernel, which rounds
 * differently, and a prompt should give the same logits however much of it was in the cache. A chunk makes room for the
 * next, and a lone token is computed together with the one before it, which is forgotten for that.
 *
 * @returns the logits of the last one, valid until the next `append`; undefined when there are no tokens.
 * @throws GlassboxError `request/cancelled`: the chunks that were done stay in the cache
 */
export async function prefill(
  cache: KvCache,
  tokens: readonly number[],
  { chunkTokens, signal, recording, onProgress }: PrefillOptions,
): Promise<Float32Array | undefined> {
  const options = { signal, ...(recording ? { recording } : {}) };
  let logits: Float32Array | undefined;
  for (let done = 0; done < tokens.length;) {
    const chunk = tokens.slice(done, done + chunkLength(tokens.length - done, chunkTokens));
    logits = await cache.append(chunk.length > 1 ? chunk : [...forgetLast(cache), ...chunk], options);
    done += chunk.length;
    onProgress?.(done);
  }
  return logits;
}

/** Of `rest` tokens, how many to compute next: at most `chunkTokens`, and not all but one. */
function chunkLength(rest: number, chunkTokens: number): number {
  const length = Math.min(rest, chunkTokens);
  return rest - length === 1 && length > 2 ? length - 1 : length;
}

function forgetLast(cache: KvCache): readonly number[] {
  const last = cache.tokens.slice(-1);
  cache.rewind(cache.length - last.length);
  return last;
}
