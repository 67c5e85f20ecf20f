import type { Phase } from '../../protocol/records.ts';
import { halfToFloat } from '../../protocol/unpackRouting.ts';
import type { RoutingRing } from './routingRing.ts';
import type { RoutingShape } from './routingShape.ts';

/** Tokens before and behind one that are told with it. */
const CONTEXT = 12;

/** A token that went to an expert, with its neighbours' ids. */
export interface FoundToken {
  readonly index: number;
  readonly rank: number;
  readonly weight: number;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/**
 * Which tokens chose an expert, the latest first.
 * @param layer counted among those with experts
 */
export function expertTokens(
  ring: RoutingRing,
  { topK }: RoutingShape,
  {
    layer,
    expert,
    phase,
    limit,
  }: { readonly layer: number; readonly expert: number; readonly phase?: Phase; readonly limit: number },
): { readonly total: number; readonly tokens: readonly FoundToken[] } {
  const tokens: FoundToken[] = [];
  let total = 0;
  for (let index = ring.length - 1; index >= 0; index--) {
    if (phase !== undefined && ring.phase(index) !== phase) continue;
    const rank = ring
      .experts(index)
      .subarray(layer * topK, (layer + 1) * topK)
      .indexOf(expert);
    if (rank < 0) continue;
    total++;
    if (tokens.length >= limit) continue;
    tokens.push({
      index,
      rank,
      weight: halfToFloat(ring.weights(index)[layer * topK + rank] ?? 0),
      before: neighbours(ring, index, -1).toReversed(),
      after: neighbours(ring, index, 1),
    });
  }
  return { total, tokens };
}

/** Entries that were read right before or behind one: entries beside each other at positions beside each other. */
function neighbours(ring: RoutingRing, index: number, step: 1 | -1): number[] {
  const tokens: number[] = [];
  for (let i = 1; i <= CONTEXT; i++) {
    const at = index + step * i;
    if (at < 0 || at >= ring.length || ring.position(at) !== ring.position(index) + step * i) break;
    tokens.push(ring.token(at));
  }
  return tokens;
}
