import type { RopeFrequencies, RopeSpec } from './spec.ts';

/**
 * Inverse frequencies and the multiplier of cos and sin for a rotary embedding: the angle of pair `i` at
 * position `p` is `p * inverse[i]`.
 *
 * Sources: RoPE, arXiv 2104.09864, equation 15; YaRN, arXiv 2309.00071, section 3.2 ("NTK-by-parts").
 */
export function ropeFrequencies(rope: RopeSpec): RopeFrequencies {
  const { dimensions, base, scaling } = rope;
  const inverse = Float64Array.from({ length: dimensions / 2 }, (_, i) => base ** ((-2 * i) / dimensions));
  switch (scaling.kind) {
    case 'none':
      return { inverse, magnitude: 1 };
    case 'linear':
      return { inverse: inverse.map((frequency) => frequency / scaling.factor), magnitude: 1 };
    case 'factors':
      return { inverse: inverse.map((frequency, i) => frequency / (scaling.factors[i] ?? 1)), magnitude: 1 };
    case 'yarn': {
      const { factor, originalContext, betaFast, betaSlow, attentionFactor } = scaling;
      // Pairs that turn more than betaFast times within the original context keep their frequency; those that
      // turn less than betaSlow times are interpolated; between the two lies a ramp.
      const pairOfTurns = (turns: number): number =>
        (dimensions * Math.log(originalContext / (turns * 2 * Math.PI))) / (2 * Math.log(base));
      const low = Math.max(0, Math.floor(pairOfTurns(betaFast)));
      const high = Math.min(dimensions - 1, Math.ceil(pairOfTurns(betaSlow)));
      const yarn = inverse.map((frequency, i) => {
        const interpolated = Math.min(1, Math.max(0, (i - low) / Math.max(0.001, high - low)));
        return (frequency / factor) * interpolated + frequency * (1 - interpolated);
      });
      return { inverse: yarn, magnitude: attentionFactor };
    }
  }
}
