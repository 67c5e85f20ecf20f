/** Middle of the sorted values; the mean of the two middle ones when their number is even. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of no values');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

/** Median of the ratios of values that were measured in the same round: what disturbs a round disturbs both. */
export function medianRatio(values: readonly number[], others: readonly number[]): number {
  if (values.length !== others.length) throw new RangeError('a ratio needs two values of each round');
  return median(values.map((value, round) => value / (others[round] ?? NaN)));
}

/**
 * The 95 % confidence interval of the median of independent values, from order statistics: their number below the median is
 * binomial, here by its normal approximation. The least and the greatest where there are too few values to say more.
 */
export function medianInterval(values: readonly number[]): readonly [number, number] {
  if (values.length === 0) throw new RangeError('the median of no values');
  const sorted = values.toSorted((a, b) => a - b);
  const last = sorted.length - 1;
  const reach = 0.98 * Math.sqrt(sorted.length);
  const lower = Math.max(0, Math.floor(last / 2 - reach));
  return [sorted[lower] ?? NaN, sorted[last - lower] ?? NaN];
}
