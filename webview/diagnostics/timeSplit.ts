import type { AnswerRecord } from '../../src/protocol/records.ts';

/** A part of the time that a token took in decode. */
export interface TimePart {
  readonly name: 'backend' | 'sampling' | 'rest';
  /** Milliseconds for each token. */
  readonly ms: number;
  /** Of decode. */
  readonly share: number;
}

/** Where the time of a token goes; nothing before the first. `rest`: detokenizing and the reply's stream. */
export function timeSplit({ decodedTokens, decodeMs, backendMs, samplingMs }: AnswerRecord): TimePart[] {
  if (decodedTokens === 0 || decodeMs <= 0) return [];
  const parts = [
    { name: 'backend', total: backendMs },
    { name: 'sampling', total: samplingMs },
    { name: 'rest', total: Math.max(0, decodeMs - backendMs - samplingMs) },
  ] as const;
  return parts.map(({ name, total }) => ({ name, ms: total / decodedTokens, share: total / decodeMs }));
}
