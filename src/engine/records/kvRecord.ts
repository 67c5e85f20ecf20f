import type { KvLayer } from '../backends/backend.ts';
import type {
  Eviction,
  EvictionReason,
  KvLayerSnapshot,
  KvSnapshot,
  KvSpan,
  Phase,
} from '../../protocol/records.ts';
import { EvictedTokens, type RecordedTokens } from './evictedTokens.ts';
import { plainBytesPerToken, storedBytesPerToken } from './kvBytes.ts';
import type { TokenLabel } from './tokenLabel.ts';

/** Evictions that are listed; older ones only count. */
const LISTED_EVICTIONS = 100;
/** Evicted tokens of one conversation that can still be read; 5 bytes each. */
const READABLE_TOKENS = 1 << 16;

/** What a KV cache is made of. */
export interface KvLayout {
  readonly capacity: number;
  readonly kvLayers: readonly KvLayer[];
}

/** What one conversation's KV cache holds and held. */
export class KvRecord {
  #layout: KvLayout = { capacity: 0, kvLayers: [] };
  /** Of the tokens in the cache. */
  readonly #labels: TokenLabel[] = [];
  /** Ids of the same. */
  readonly #tokens: number[] = [];
  #evictions: Omit<Eviction, 'readableTokens'>[] = [];
  #evictionCount = 0;
  readonly #evicted = new EvictedTokens(READABLE_TOKENS);
  readonly #evictedTokens: Record<EvictionReason, number> = {
    thought: 0,
    history: 0,
    edit: 0,
    rewrite: 0,
    release: 0,
  };
  #sharedPrefixTokens = 0;
  #reusedTokens = 0;

  get length(): number {
    return this.#labels.length;
  }

  /** Of the token at a position in the cache. */
  label(position: number): TokenLabel | undefined {
    return this.#labels[position];
  }

  /** The conversation got a cache. */
  allocated(layout: KvLayout): void {
    this.#layout = layout;
  }

  /** @param labelAt a token by its position in the cache */
  appended(
    firstPosition: number,
    tokens: readonly number[],
    labelAt: (position: number) => TokenLabel,
  ): void {
    let position = firstPosition;
    for (const token of tokens) {
      this.#tokens.push(token);
      this.#labels.push(labelAt(position++));
    }
  }

  /** So many tokens of a question's prompt need no computation. */
  reused(tokens: number): void {
    this.#sharedPrefixTokens = tokens;
    this.#reusedTokens += tokens;
  }

  /** Tokens were taken back that are computed again or were a draft: nothing that anyone would miss. */
  truncated(length: number): void {
    this.#labels.length = Math.min(this.#labels.length, length);
    this.#tokens.length = this.#labels.length;
  }

  /** The cache forgot what is behind the first `length` tokens. */
  evicted(length: number, reason: EvictionReason, atMs: number): void {
    const gone = this.#labels.splice(length);
    const tokens = this.#tokens.splice(length);
    if (gone.length === 0) return;
    const id = this.#evictionCount++;
    this.#evicted.add(id, { firstPosition: length, tokens, phases: gone.map(({ phase }) => phase) });
    const phases: Record<Phase, number> = { prompt: 0, thought: 0, answer: 0 };
    for (const { phase } of gone) phases[phase]++;
    this.#evictedTokens[reason] += gone.length;
    this.#sharedPrefixTokens = Math.min(this.#sharedPrefixTokens, length);
    const eviction = { id, reason, atMs, firstPosition: length, tokens: gone.length, phases };
    this.#evictions = [...this.#evictions, eviction].slice(-LISTED_EVICTIONS);
  }

  /** Tokens of the cache, or of an eviction; undefined when nothing is known of that. */
  tokensIn(firstPosition: number, endPosition: number, eviction?: number): RecordedTokens | undefined {
    const whole =
      eviction === undefined
        ? { firstPosition: 0, tokens: this.#tokens, phases: this.#labels.map(({ phase }) => phase) }
        : this.#evicted.get(eviction);
    if (!whole) return undefined;
    const first = Math.max(firstPosition, whole.firstPosition);
    const range = [first - whole.firstPosition, Math.max(0, endPosition - whole.firstPosition)] as const;
    return {
      firstPosition: first,
      tokens: whole.tokens.slice(...range),
      phases: whole.phases.slice(...range),
    };
  }

  /** @param requestIds by question */
  snapshot(requestIds: readonly string[]): KvSnapshot {
    const { capacity, kvLayers } = this.#layout;
    const bytesPerToken = storedBytesPerToken(kvLayers);
    return {
      capacityTokens: capacity,
      usedTokens: this.length,
      sharedPrefixTokens: this.#sharedPrefixTokens,
      reusedTokens: this.#reusedTokens,
      bytesPerToken,
      plainBytesPerToken: plainBytesPerToken(kvLayers),
      usedBytes: bytesPerToken * this.length,
      capacityBytes: bytesPerToken * capacity,
      layers: kvLayers.map((layer) => layerSnapshot(layer, this.length)),
      spans: spansOf(this.#labels, requestIds),
      evictions: this.#evictions.map((eviction) => ({
        ...eviction,
        readableTokens: this.#evicted.readable(eviction.id),
      })),
      evictedTokens: { ...this.#evictedTokens },
    };
  }
}

function layerSnapshot(layer: KvLayer, tokens: number): KvLayerSnapshot {
  return {
    parts: layer.parts.map((part) => ({ ...part, usedBytes: part.bytesPerToken * tokens })),
    dataType: layer.dataType,
    usedBytes: storedBytesPerToken([layer]) * tokens,
    plainBytes: layer.plainBytesPerToken * tokens,
  };
}

function spansOf(labels: readonly TokenLabel[], requestIds: readonly string[]): KvSpan[] {
  const spans: KvSpan[] = [];
  labels.forEach(({ phase, question }, position) => {
    const requestId = requestIds[question] ?? '';
    const last = spans.at(-1);
    if (last?.phase === phase && last.requestId === requestId) {
      spans[spans.length - 1] = { ...last, tokens: last.tokens + 1 };
    } else {
      spans.push({ phase, requestId, firstPosition: position, tokens: 1 });
    }
  });
  return spans;
}
