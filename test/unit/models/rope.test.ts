import { describe, expect, it } from 'vitest';
import { ropeFrequencies } from '../../../src/models/rope.ts';
import type { RopeScaling, RopeSpec } from '../../../src/models/spec.ts';

const rope = (scaling: RopeScaling, more: Partial<RopeSpec> = {}): RopeSpec => ({
  dimensions: 8,
  base: 10_000,
  layout: 'halves',
  scaling,
  ...more,
});

describe('ropeFrequencies', () => {
  it('are powers of the base', () => {
    const { inverse, magnitude } = ropeFrequencies(rope({ kind: 'none' }));
    // 10000^(-i/4): one rounding of pow() away from the powers of ten.
    [1, 0.1, 0.01, 0.001].forEach((power, i) => {
      expect(inverse[i]).toBeCloseTo(power, 15);
    });
    expect(inverse).toHaveLength(4);
    expect(magnitude).toBe(1);
  });

  it('are divided by the factor of linear scaling', () => {
    const plain = ropeFrequencies(rope({ kind: 'none' })).inverse;
    expect(ropeFrequencies(rope({ kind: 'linear', factor: 4 })).inverse).toEqual(plain.map((f) => f / 4));
  });

  it('are divided each by its own factor for Llama 3', () => {
    const plain = ropeFrequencies(rope({ kind: 'none' })).inverse;
    const { inverse } = ropeFrequencies(rope({ kind: 'factors', factors: [1, 2, 4, 8] }));
    expect(inverse).toEqual(plain.map((f, i) => f / 2 ** i));
  });

  it('ramp from kept to interpolated with YaRN', () => {
    // Qwen2.5's long-context setting. By arXiv 2309.00071: 128 ln(32768 / (32 · 2π)) / (2 ln 10⁶) = 23.6 and
    // 128 ln(32768 / 2π) / (2 ln 10⁶) = 39.7, so pairs to 23 are kept and pairs from 40 on interpolated.
    const shape = { dimensions: 128, base: 1_000_000 };
    const plain = ropeFrequencies(rope({ kind: 'none' }, shape)).inverse;
    const { inverse, magnitude } = ropeFrequencies(
      rope(
        {
          kind: 'yarn',
          factor: 4,
          originalContext: 32_768,
          betaFast: 32,
          betaSlow: 1,
          attentionFactor: 1.25,
        },
        shape,
      ),
    );
    expect(inverse.slice(0, 24)).toEqual(plain.slice(0, 24));
    expect(inverse.slice(40)).toEqual(plain.slice(40).map((f) => f / 4));
    for (let pair = 24; pair < 40; pair++) {
      const share = (pair - 23) / 17;
      const kept = plain[pair] ?? NaN;
      // Two ways to write the same mixture differ by a few roundings of 2^-53.
      expect((inverse[pair] ?? NaN) / (kept * (1 - 0.75 * share))).toBeCloseTo(1, 14);
    }
    expect(magnitude).toBe(1.25);
  });
});
