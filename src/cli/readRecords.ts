import type { EngineClient } from '../engineClient/engineClient.ts';
import type { ExpertPlacementReport } from '../protocol/expertPlacement.ts';
import type { ExpertsResult, KvSnapshot, RoutingResult } from '../protocol/records.ts';
import { describeExpertLoad, describeKvCache, describePlacement } from './describeRecords.ts';

/** What the engine remembers of a conversation, once its last answer is part of the history. */
export interface ConversationRecords {
  readonly kv: KvSnapshot | null;
  /** Null for a model without experts. */
  readonly experts: ExpertsResult | null;
  /** Pages of positions; none for a model without experts. */
  readonly routing: readonly RoutingResult[];
  /** Null where all experts are in one place. */
  readonly placement: ExpertPlacementReport | null;
}

export async function readRecords(
  engine: EngineClient,
  conversationId: string,
): Promise<ConversationRecords> {
  const settled = { conversationId, settled: true };
  const kv = await engine.kv(settled);
  const experts = await engine.experts({ ...settled, hitRates: true });
  const placement = (await engine.memory({ conversationId }))?.expertPlacement ?? null;
  const routing: RoutingResult[] = [];
  for (let firstPosition = 0; ;) {
    const page = await engine.routing({ ...settled, firstPosition });
    if (!page || page.entries === 0) return { kv, experts, routing, placement };
    routing.push(page);
    firstPosition = page.endPosition;
  }
}

export function describeRecords({ kv, experts, placement }: ConversationRecords): string {
  return [
    experts ? describeExpertLoad(experts) : 'experts: this model has none',
    ...(placement ? [describePlacement(placement)] : []),
    ...(kv ? [describeKvCache(kv)] : []),
  ].join('\n');
}
