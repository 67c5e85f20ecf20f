import fc from 'fast-check';
import type { CandidateFilters } from '../../../../src/engine/sampling/candidates.ts';

/** What choosing means, plainly: sort, cut, cut, cut, soften. Id to probability, ids ascending. Undefined where rounding would decide what is kept. */
export function sortAndCut(logits: Float32Array, filters: CandidateFilters): Map<number, number> | undefined {
  let kept = [...logits.entries()].sort(([a, x], [b, y]) => y - x || a - b);
  const max = kept[0]?.[1] ?? 0;
  if (filters.topK > 0) kept = kept.slice(0, filters.topK);

  const mass = kept.reduce((sum, [, logit]) => sum + Math.exp(logit - max), 0);
  let cumulative = 0;
  const shares = kept.map(([, logit]) => (cumulative += Math.exp(logit - max) / mass));
  if (filters.topP < 1) {
    // Sums of up to 400 terms in another order, of exponentials that are right to 1e-11.
    if (shares.some((share) => Math.abs(share - filters.topP) < 1e-10)) return undefined;
    kept = kept.slice(0, shares.findIndex((share) => share >= filters.topP) + 1);
  }

  const minLogit = max + Math.log(filters.minP);
  if (kept.some(([, logit]) => Math.abs(logit - minLogit) < 1e-10)) return undefined;
  kept = kept.filter(([, logit]) => logit >= minLogit);

  const weights = kept.map(([id, logit]) => [id, Math.exp((logit - max) / filters.temperature)] as const);
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  return new Map(weights.map(([id, weight]) => [id, weight / total] as const).sort(([a], [b]) => a - b));
}

/** Also with equal ones. */
export const logitArrays = fc
  .tuple(
    fc.constantFrom(1, 4, 30),
    fc.array(fc.oneof(fc.integer({ min: -4, max: 4 }), fc.double({ min: -1, max: 1, noNaN: true })), {
      minLength: 1,
      maxLength: 400,
      size: 'max',
    }),
  )
  .map(([scale, values]) => Float32Array.from(values, (value) => value * scale));

export const filterSets = fc.record({
  topK: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 450 })),
  topP: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  minP: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(1e-9)),
  temperature: fc.constantFrom(1, 0.6, 0.05, 2, 10),
});
