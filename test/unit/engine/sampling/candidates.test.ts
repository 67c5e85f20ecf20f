import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openOperators } from '../../../../native/cpu/operators.ts';
import type { CandidateFilters } from '../../../../src/engine/sampling/candidates.ts';
import { Candidates } from '../../../../src/engine/sampling/candidates.ts';
import { nativePasses } from '../../../../src/engine/sampling/nativePasses.ts';
import { Random } from '../../../../src/engine/sampling/random.ts';
import { cpuLibrary } from '../../../support/cpuLibrary.ts';

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

/** The plain twin: sort, cut, cut, cut, soften. Undefined where rounding would decide what is kept. */
function sortAndCut(logits: Float32Array, filters: CandidateFilters): Map<number, number> | undefined {
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

const logitArrays = fc
  .tuple(
    fc.constantFrom(1, 4, 30),
    fc.array(fc.oneof(fc.integer({ min: -4, max: 4 }), fc.double({ min: -1, max: 1, noNaN: true })), {
      minLength: 1,
      maxLength: 400,
      size: 'max',
    }),
  )
  .map(([scale, values]) => Float32Array.from(values, (value) => value * scale));

const filterSets = fc.record({
  topK: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 450 })),
  topP: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  minP: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(1e-9)),
  temperature: fc.constantFrom(1, 0.6, 0.05, 2, 10),
});

describe('the passes in C', () => {
  it('give the bits of those in TypeScript, for any logits and filters', async () => {
    await cpuLibrary();
    const { candidates: functions } = await openOperators();
    const passes = nativePasses(functions);
    fc.assert(
      fc.property(
        logitArrays,
        filterSets,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (logits, filters, at) => {
          const max = logits.reduce((a, b) => Math.max(a, b));
          const [plain, native] = [new Candidates(logits.length), new Candidates(logits.length, passes)];
          plain.select(logits, max, filters);
          native.select(logits, max, filters);
          expect([native.size, native.total]).toEqual([plain.size, plain.total]);
          expect(native.ids).toEqual(plain.ids);
          expect(native.weights).toEqual(plain.weights);
          expect(native.at(at)).toBe(plain.at(at));
        },
      ),
      { numRuns: 1000, seed: 2 },
    );
  });

  it('refuse arrays that they would write beyond', async () => {
    await cpuLibrary();
    const { candidates: functions } = await openOperators();
    const { weigh, gather } = nativePasses(functions);
    const kept = { minLogit: -Infinity, lastId: Infinity };
    const logits = new Float32Array(8);
    expect(() => weigh(logits, 0, kept, new Float64Array(2560))).toThrow(RangeError);
    const into = { ids: new Int32Array(7), weights: new Float64Array(8), temperature: 1 };
    expect(() => gather(logits, 0, kept, into)).toThrow(RangeError);
  });
});

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
