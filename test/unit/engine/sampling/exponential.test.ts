import { describe, expect, it } from 'vitest';
import { expNegative } from '../../../../src/engine/sampling/exponential.ts';

describe('expNegative', () => {
  it('is e^-x to 1e-11 of the result', () => {
    // The cubic's remainder is (1/256)^4 / 24 = 9.7e-12; Math.exp and the two tables add a few units of 2^-53.
    for (let i = 0; i < 100_000; i++) {
      const x = (i / 100_000) * 40;
      expect(Math.abs(expNegative(x) / Math.exp(-x) - 1)).toBeLessThan(1e-11);
    }
  });

  it('is exact at 0 and 0 from 40 on', () => {
    expect(expNegative(0)).toBe(1);
    expect([40, 41, 1e9, Infinity].map(expNegative)).toEqual([0, 0, 0, 0]);
  });
});
