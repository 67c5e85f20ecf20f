import type { TraceTokens } from './trace.ts';

/** Indices of the tokens that were chosen with the lowest probability, lowest first; those without one are left out. */
export function leastLikely({ count, logProbabilities }: TraceTokens, wanted: number): number[] {
  const value = (index: number): number => logProbabilities[index] ?? NaN;
  return [...Array(count).keys()]
    .filter((index) => !Number.isNaN(value(index)))
    .sort((a, b) => value(a) - value(b) || a - b)
    .slice(0, wanted);
}
