import { expect } from 'vitest';

/** Half the distance of neighbouring numbers at 1: what one rounding changes, relative to its result. */
export const SINGLE_ROUNDING = 2 ** -24;
export const HALF_ROUNDING = 2 ** -11;

/**
 * How far an RMSNorm of `width` numbers may be off, relative to its results. The mean of the squares is a sum of positive numbers, so it is
 * right to `width + 2` roundings, its root to half of them; `inverseSqrt` is right to 2 units in the last place (WGSL, 15.7.4), that
 * is 4 roundings, and three products follow.
 */
export function normBound(width: number): number {
  return (width / 2 + 8) * SINGLE_ROUNDING;
}

/** The bounds of the issue, on error energy against signal energy. */
export const MOST_NMSE = { quantized: 5e-4, single: 1e-6 } as const;

/** Normalized mean squared error: error energy over the expected values' energy. */
export function nmse(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let error = 0;
  let signal = 0;
  for (let i = 0; i < expected.length; i++) {
    const value = expected[i] ?? NaN;
    error += ((actual[i] ?? NaN) - value) ** 2;
    signal += value ** 2;
  }
  return signal === 0 ? error : error / signal;
}

/**
 * Each value lies within its own bound, which the caller derives, and all together within the issue's.
 * @param bounds absolute, one for each value or one for all
 */
export function expectWithin(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bounds: ArrayLike<number> | number,
  mostNmse: number = MOST_NMSE.single,
): void {
  expect(actual.length).toBe(expected.length);
  const outside: string[] = [];
  for (let i = 0; i < expected.length; i++) {
    const bound = typeof bounds === 'number' ? bounds : (bounds[i] ?? 0);
    const [a, e] = [actual[i] ?? NaN, expected[i] ?? NaN];
    // A NaN is not within anything.
    if (!(Math.abs(a - e) <= bound))
      outside.push(`[${String(i)}] is ${String(a)}, expected ${String(e)} within ${String(bound)}`);
  }
  expect(outside.slice(0, 5), `${String(outside.length)} of ${String(expected.length)} values`).toEqual([]);
  expect(nmse(actual, expected)).toBeLessThanOrEqual(mostNmse);
}
