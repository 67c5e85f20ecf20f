import type { EngineClient } from '../../engineClient/engineClient.ts';

/** What the diagnostics ask of an engine. */
export type RecordsSource = Pick<
  EngineClient,
  'answers' | 'experts' | 'expertTokens' | 'kv' | 'memory' | 'text' | 'watchRecords'
>;
