import type { EngineClient } from '../engineClient/engineClient.ts';
import type {
  AnswersResult,
  ExpertsResult,
  KvSnapshot,
  MemoryBudget,
  RoutingResult,
  TextResult,
} from '../protocol/records.ts';

/** All that the engine has on record of one conversation, as it tells it: what the pages show is compared with it. */
export interface RecordsReport {
  readonly conversationId: string;
  readonly kv: KvSnapshot | null;
  /** With hit rates and gate biases. */
  readonly experts: ExpertsResult | null;
  readonly answers: AnswersResult | null;
  readonly memory: MemoryBudget | null;
  /** The first page: of a chat as tests have them, everything. */
  readonly routing: RoutingResult | null;
  /** Of what the cache holds, from its beginning. */
  readonly text: TextResult | null;
  /** Of each listed eviction, in their order. */
  readonly evictedTexts: readonly (TextResult | null)[];
}

/** Asks the engine itself, and at once: also while an answer is written. */
export async function recordsReport(engine: EngineClient, conversationId: string): Promise<RecordsReport> {
  const kv = await engine.kv({ conversationId });
  const [experts, answers, memory, routing, text, ...evictedTexts] = await Promise.all([
    engine.experts({ conversationId, hitRates: true, gateBias: true }),
    engine.answers({ conversationId }),
    engine.memory({ conversationId }),
    engine.routing({ conversationId }),
    engine.text({ conversationId, firstPosition: 0, endPosition: kv?.usedTokens ?? 0 }),
    ...(kv?.evictions ?? []).map(({ id, firstPosition, tokens }) =>
      engine.text({ conversationId, eviction: id, firstPosition, endPosition: firstPosition + tokens }),
    ),
  ]);
  return { conversationId, kv, experts, answers, memory, routing, text, evictedTexts };
}
