/** Of the standard normal distribution: 95 % lie within so many standard deviations. */
const Z = 1.959964;

/**
 * Between which shares the true one lies, with 95 % confidence, when `successes` of `trials` succeeded (E. B. Wilson,
 * "Probable inference, the law of succession, and statistical inference", 1927). Unlike the normal approximation it
 * stays within 0 and 1, and says something where all or none succeeded.
 */
export function wilsonInterval(successes: number, trials: number): readonly [low: number, high: number] {
  if (!(trials > 0) || successes < 0 || successes > trials) {
    throw new RangeError(`${successes} of ${trials} is no share`);
  }
  const share = successes / trials;
  const spread = Z * Z;
  const center = share + spread / (2 * trials);
  const half = Z * Math.sqrt((share * (1 - share)) / trials + spread / (4 * trials * trials));
  const scale = 1 + spread / trials;
  return [Math.max(0, (center - half) / scale), Math.min(1, (center + half) / scale)];
}
