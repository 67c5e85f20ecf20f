import type { ExpertLoad } from '../protocol/records.ts';

/** An expert with more than so many times the mean load is hot. */
const HOT = 2;

/** How evenly a layer's experts are used. Null when nothing was counted. @param counts `[experts]` */
export function expertLoad(counts: Uint32Array): ExpertLoad | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const mean = total / counts.length;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
  const entropyBits = counts.reduce((sum, count) => {
    const share = count / total;
    return share === 0 ? sum : sum - share * Math.log2(share);
  }, 0);
  const max = counts.reduce((most, count) => Math.max(most, count), 0);
  const where = (condition: (count: number) => boolean): number[] =>
    [...counts.keys()].filter((expert) => condition(counts[expert] ?? 0));
  return {
    cv: Math.sqrt(variance) / mean,
    entropyBits,
    // A single expert is as even as it gets.
    normalizedEntropy: counts.length === 1 ? 1 : entropyBits / Math.log2(counts.length),
    maxOverMean: max / mean,
    hottest: counts.indexOf(max),
    hot: where((count) => count > HOT * mean),
    dead: where((count) => count === 0),
  };
}
