import type { Eviction, KvSnapshot, Phase } from '../../src/protocol/records.ts';

/** What a cell of the KV map is: `shared` was in the cache when the last question came. */
export type KvKind = 'shared' | Phase;

export interface KvSegment {
  readonly kind: KvKind;
  readonly phase: Phase;
  readonly requestId: string;
  readonly firstPosition: number;
  readonly tokens: number;
}

/** The cache's spans, cut where the shared prefix ends. */
export function kvSegments({ spans, sharedPrefixTokens: shared }: KvSnapshot): KvSegment[] {
  return spans.flatMap(({ phase, requestId, firstPosition, tokens }) => {
    const inPrefix = Math.min(tokens, Math.max(0, shared - firstPosition));
    const of = { phase, requestId };
    return [
      ...(inPrefix > 0 ? [{ ...of, kind: 'shared' as const, firstPosition, tokens: inPrefix }] : []),
      ...(inPrefix < tokens
        ? [{ ...of, kind: phase, firstPosition: firstPosition + inPrefix, tokens: tokens - inPrefix }]
        : []),
    ];
  });
}

/** The latest evictions, newest first, as many as there are lanes. Those of a freed cache are everything and say nothing. */
export function evictionLanes(evictions: readonly Eviction[], lanes: number): Eviction[] {
  return evictions
    .filter(({ readableTokens }) => readableTokens > 0)
    .slice(-lanes)
    .toReversed();
}

/** The position behind the last that the map shows. */
export function kvMapEnd(kv: KvSnapshot, lanes: readonly Eviction[], wholeCapacity: boolean): number {
  if (wholeCapacity) return Math.max(1, kv.capacityTokens);
  const ends = lanes.map(({ firstPosition, tokens }) => firstPosition + tokens);
  return Math.max(16, kv.usedTokens, ...ends);
}
