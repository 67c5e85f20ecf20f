import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenDetail } from '../../../../src/engine/sampling/tokenDetail.ts';

describe('tokenDetail', () => {
  it('gives the logarithm of the probability, the entropy and the five best', () => {
    const logits = Float32Array.from({ length: 8 }, () => 0);
    const detail = tokenDetail(logits, 7);
    // exp(0) is exact, so only the logarithm rounds.
    expect(detail.logProbability).toBeCloseTo(-Math.log(8), 14);
    expect(detail.entropy).toBeCloseTo(Math.log(8), 14);
    expect(detail.alternatives.map(({ token }) => token)).toEqual([0, 1, 2, 3, 4]);
  });

  it('agrees with sorting the softmax, for any logits', () => {
    const logitArrays = fc
      .array(fc.double({ min: -30, max: 30, noNaN: true }).map(Math.round), { minLength: 1, maxLength: 50 })
      .map((values) => Float32Array.from(values));
    fc.assert(
      fc.property(logitArrays, fc.nat(), (logits, pick) => {
        const token = pick % logits.length;
        const mass = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
        const logs = [...logits].map((logit) => logit - Math.log(mass));
        const detail = tokenDetail(logits, token);
        // Right to 50 terms of e^-40 and 1e-11 of each sum; logits reach 30, so doubles add 60 * 2^-52.
        const close = (a: number, b: number) => Math.abs(a - b) < 1e-9;
        expect(close(detail.logProbability, logs[token] ?? NaN)).toBe(true);
        expect(close(detail.entropy, -logs.reduce((sum, log) => sum + Math.exp(log) * log, 0))).toBe(true);
        const best = [...logs.entries()].sort(([a, x], [b, y]) => y - x || a - b).slice(0, 5);
        expect(detail.alternatives.map((alternative) => alternative.token)).toEqual(best.map(([id]) => id));
        expect(detail.alternatives.every((one, i) => close(one.logProbability, best[i]?.[1] ?? NaN))).toBe(
          true,
        );
      }),
      { numRuns: 1000, seed: 1 },
    );
  });

  it('refuses broken logits', () => {
    expect(() => tokenDetail(Float32Array.of(1, NaN), 0)).toThrow('not a finite number');
  });
});
