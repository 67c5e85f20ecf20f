import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CandidateFilters } from '../../../../src/engine/sampling/candidates.ts';
import { Candidates } from '../../../../src/engine/sampling/candidates.ts';
import { Random } from '../../../../src/engine/sampling/random.ts';
import { filterSets, logitArrays, sortAndCut } from './sortAndCut.ts';

const ALL: CandidateFilters = { topK: 0, topP: 1, minP: 0, temperature: 1 };

/** Id to probability, ids ascending. */
function select(logits: Float32Array, filters: Partial<CandidateFilters>): Map<number, number> {
  const candidates = new Candidates(logits.length);
  candidates.select(
    logits,
    logits.reduce((a, b) => Math.max(a, b)),
    { ...ALL, ...filters },
  );
  return new Map(
    Array.from({ length: candidates.size }, (_, i) => [
      candidates.ids[i] ?? -1,
      (candidates.weights[i] ?? NaN) / candidates.total,
    ]),
  );
}

describe('Candidates', () => {
  it('are what sorting and cutting gives, for any logits and filters', () => {
    fc.assert(
      fc.property(logitArrays, filterSets, (logits, filters) => {
        const expected = sortAndCut(logits, filters);
        fc.pre(expected !== undefined);
        const actual = select(logits, filters);
        expect([...actual.keys()]).toEqual([...expected.keys()]);
        for (const [id, probability] of expected) {
          // 400 exponentials, each right to 1e-11 of itself or, below e^-40, to e^-40.
          expect(Math.abs((actual.get(id) ?? NaN) - probability)).toBeLessThan(1e-10);
        }
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  it('are every token without filters', () => {
    expect([...select(Float32Array.of(0, -20, 0, -60), {}).keys()]).toEqual([0, 1, 2, 3]);
  });

  it('prefer the lower id of equals', () => {
    const equal = new Float32Array(4);
    expect([...select(equal, { topK: 3 }).keys()]).toEqual([0, 1, 2]);
    expect([...select(equal, { topP: 0.5 }).keys()]).toEqual([0, 1]);
  });

  it('hold the best token whatever the filters are', () => {
    expect([...select(Float32Array.of(1, 3, 2), { topP: 0 }).keys()]).toEqual([1]);
    expect([...select(Float32Array.of(1, 3, 2), { minP: 1 }).keys()]).toEqual([1]);
  });

  it('judge by untempered probabilities', () => {
    // 0.7 of the mass is on token 0: hot sampling must not let more tokens pass.
    const logits = Float32Array.from([0.7, 0.2, 0.1], Math.log);
    expect([...select(logits, { topP: 0.6, temperature: 10 }).keys()]).toEqual([0]);
    expect([...select(logits, { minP: 0.25, temperature: 10 }).keys()]).toEqual([0, 1]);
  });

  it('take the mass for top-p from what top-k kept', () => {
    const logits = Float32Array.from([0.3, 0.25, 0.25, 0.2], Math.log);
    // 0.3 / 0.55 = 0.545 of what is left.
    expect([...select(logits, { topK: 2, topP: 0.54 }).keys()]).toEqual([0]);
    expect([...select(logits, { topK: 2, topP: 0.55 }).keys()]).toEqual([0, 1]);
  });

  it('are right for a flat distribution over a whole vocabulary', () => {
    const random = new Random(3);
    const logits = Float32Array.from({ length: 151_936 }, () => random.nextFraction());
    const expected = sortAndCut(logits, { ...ALL, topP: 0.95 });
    expect([...select(logits, { topP: 0.95 }).keys()]).toEqual([...(expected?.keys() ?? [])]);
  });
});
