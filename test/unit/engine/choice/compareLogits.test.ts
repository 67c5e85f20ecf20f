import { describe, expect, it } from 'vitest';
import { agrees, compareLogits, errorLimit } from '../../../../src/engine/backends/choice/compareLogits.ts';
import { Random } from '../../../support/random.ts';

const POSITIONS = 20;
const VOCABULARY = 500;
const LIMIT = 0.01;

const random = new Random(7);
const reference = random.normals(POSITIONS * VOCABULARY, 3);
const compared = (logits: Float32Array): ReturnType<typeof compareLogits> =>
  compareLogits(reference, logits, { positions: POSITIONS, limit: LIMIT });
/** Noise with this share of the logits' variance. */
const noisy = (share: number): Float32Array => {
  const noise = random.normals(reference.length, 3 * Math.sqrt(share));
  return reference.map((value, i) => value + (noise[i] ?? NaN));
};

describe('the comparison of logits', () => {
  it('measures the noise as a share of the variance, and accepts what is within the limit', () => {
    // 500 squares of normal numbers: their sum has a relative deviation of sqrt(2 / 500) = 6 %; 5 of them are a third.
    const small = compared(noisy(0.005));
    expect(small.error).toBeGreaterThan(0.005 * 0.67);
    expect(small.error).toBeLessThan(0.005 * 1.33);
    expect(agrees(small)).toBe(true);
    expect(agrees(compared(noisy(0.02)))).toBe(false);
  });

  it('takes a shift of all logits of a position for nothing', () => {
    const shifted = compared(reference.map((value, i) => value + Math.floor(i / VOCABULARY)));
    // Only what adding rounds away: 2^-24 of 20 + 10.
    expect(shifted.error).toBeLessThan(1e-9);
    expect(shifted.sameTop).toBe(1);
  });

  it('leaves out the worst tenth of the positions, and no more', () => {
    const wrong = (count: number): Float32Array =>
      reference.map((value, i) => (i < count * VOCABULARY ? -value : value));
    expect(agrees(compared(wrong(2)))).toBe(true);
    expect(agrees(compared(wrong(3)))).toBe(false);
  });

  it('never accepts what is no number, or too little', () => {
    const broken = Float32Array.from(reference);
    broken[3] = NaN;
    expect(compared(broken)).toMatchObject({ error: null });
    expect(agrees(compared(broken))).toBe(false);
    expect(agrees(compared(reference.subarray(1)))).toBe(false);
    expect(agrees(compared(reference.map(() => 0)))).toBe(false);
  });

  it('allows more to a model with more layers', () => {
    const limit = (layers: number): number => errorLimit({ layers: new Array(layers).fill(null) });
    // Twice 5e-4 for each of 4 products in a row in 28 layers, and of the output.
    expect(limit(28)).toBeCloseTo(0.113, 10);
    expect(limit(28)).toBeGreaterThan(limit(2));
  });
});
