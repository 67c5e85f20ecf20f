import type { DiagnosedAnswer } from '../../src/protocol/diagnostics.ts';

export const TIME_PARTS = ['backend', 'sampling', 'rest', 'other'] as const;

/** A part of the time that a token took in decode. */
export interface TimePart {
  readonly name: (typeof TIME_PARTS)[number];
  /** Milliseconds for each token. */
  readonly ms: number;
  /** Of decode. */
  readonly share: number;
}

/**
 * Where the time of a token goes; nothing before the first. `rest`: detokenizing and the reply's stream. Of an answer of an
 * earlier session only what the backend took is known, and `other` is all else.
 */
export function timeSplit({
  decodedTokens,
  decodeMs,
  backendMs,
  samplingMs,
}: Pick<DiagnosedAnswer, 'decodedTokens' | 'decodeMs' | 'backendMs' | 'samplingMs'>): TimePart[] {
  if (decodedTokens === 0 || decodeMs <= 0) return [];
  const parts: readonly { readonly name: TimePart['name']; readonly total: number }[] = [
    { name: 'backend', total: backendMs },
    ...(samplingMs === undefined
      ? [{ name: 'other' as const, total: Math.max(0, decodeMs - backendMs) }]
      : [
          { name: 'sampling' as const, total: samplingMs },
          { name: 'rest' as const, total: Math.max(0, decodeMs - backendMs - samplingMs) },
        ]),
  ];
  return parts.map(({ name, total }) => ({ name, ms: total / decodedTokens, share: total / decodeMs }));
}
