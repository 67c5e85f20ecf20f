import { describe, expect, it } from 'vitest';
import { costText } from '../../../../src/extension/refactor/costText.ts';

const t = (message: string, ...values: (string | number | boolean)[]): string =>
  message.replaceAll(/\{(\d)\}/gu, (_all, index: string) => String(values[Number(index)]));

const timings = {
  promptTokens: 120,
  reusedTokens: 20,
  prefillMs: 10,
  decodedTokens: 60,
  decodeMs: 500,
  timeToFirstTokenMs: 20,
  backendMs: 400,
};

describe('What a refactoring cost', () => {
  it('is told in tokens and their speed', () => {
    expect(costText(t, timings)).toBe(
      'The prompt has 120 tokens, 20 of them reused; 60 tokens were written, 120.0 tokens/s.',
    );
  });

  it('counts the guesses where there were any', () => {
    const speculation = { drafted: 50, accepted: 45, byPosition: [], bySource: [] };
    expect(costText(t, { ...timings, speculation })).toMatch(
      /45 of 50 tokens that were guessed ahead were right\.$/u,
    );
    expect(costText(t, { ...timings, speculation: { ...speculation, drafted: 0 } })).not.toContain('guessed');
  });

  it('has no speed where nothing was written', () => {
    expect(costText(t, { ...timings, decodedTokens: 0, decodeMs: 0 })).toContain('0.0 tokens/s');
  });
});
