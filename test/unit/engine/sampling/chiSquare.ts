/** Pearson's statistic: the sum of (observed - expected)^2 / expected. */
export function chiSquare(observed: readonly number[], expected: readonly number[]): number {
  return expected.reduce((sum, e, i) => sum + ((observed[i] ?? 0) - e) ** 2 / e, 0);
}

/**
 * What Pearson's statistic exceeds once in 3.5 million times when the observations do follow the expectation: the 5-sigma
 * quantile of the chi-square distribution by Wilson and Hilferty's cube (1931). With a fixed seed the test is
 * deterministic; the bound says how unlikely a failure of a correct sampler was when the seed was chosen.
 */
export function chiSquareBound(degreesOfFreedom: number): number {
  const spread = 2 / (9 * degreesOfFreedom);
  return degreesOfFreedom * (1 - spread + 5 * Math.sqrt(spread)) ** 3;
}
