import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CpuLibrary } from '../../../../native/cpu/library.ts';
import { openOperators, type Operators } from '../../../../native/cpu/operators.ts';
import type { CandidateFilters } from '../../../../src/engine/sampling/candidates.ts';
import { nativePasses } from '../../../../src/engine/sampling/nativePasses.ts';
import { Random } from '../../../../src/engine/sampling/random.ts';
import type { ChoiceDetail } from '../../../../src/engine/sampling/tokenDetail.ts';
import { plainPasses } from '../../../../src/engine/sampling/vocabularyPasses.ts';
import { cpuLibrary } from '../../../support/cpuLibrary.ts';
import { filterSets, logitArrays, sortAndCut } from './sortAndCut.ts';

const fractions = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** The token at `fraction` of what sorting and cutting gives; undefined where rounding would decide. */
function expectedToken(
  logits: Float32Array,
  filters: CandidateFilters,
  fraction: number,
): number | undefined {
  const kept = sortAndCut(logits, filters);
  if (!kept) return undefined;
  let before = 0;
  for (const [id, probability] of kept) {
    const after = before + probability;
    // Up to 400 exponentials that are right to 1e-11, in another order. At 0 the first token has no other before it.
    if (Math.abs(fraction - after) < 1e-8) return undefined;
    // Shares below it are nothing to draws that are right to 1e-8, and 0 from e^-40 on.
    if (fraction < after) return probability < 1e-7 ? undefined : id;
    before = after;
  }
  return undefined;
}

describe('The passes in C', () => {
  let library: CpuLibrary;
  let operators: Operators;
  beforeAll(async () => {
    library = await cpuLibrary();
    operators = await openOperators();
  });
  const passes = (size: number) => nativePasses(operators.sampling(size));

  it('choose what sorting and cutting chooses, for any logits, filters and draws', () => {
    let compared = 0;
    fc.assert(
      fc.property(logitArrays, filterSets, fractions, (logits, filters, fraction) => {
        const expected = expectedToken(logits, filters, fraction);
        if (expected === undefined) return;
        compared++;
        expect(passes(logits.length).choose(logits, filters, fraction)).toBe(expected);
      }),
      { numRuns: 3000, seed: 1 },
    );
    expect(compared).toBeGreaterThan(2000);
  });

  it('choose as those in TypeScript from whole vocabularies, flat and peaked, with every instruction set', () => {
    const random = new Random(3);
    const filterKinds: CandidateFilters[] = [
      { topK: 0, topP: 0.95, minP: 0, temperature: 0.6 },
      { topK: 40, topP: 0.95, minP: 0.05, temperature: 0.7 },
      { topK: 3000, topP: 1, minP: 0, temperature: 1.3 },
      { topK: 0, topP: 1, minP: 0, temperature: 1 },
    ];
    // Neither is a whole number of blocks of 64.
    for (const size of [49_153, 151_935]) {
      const [native, plain] = [passes(size), plainPasses(size)];
      for (const scale of [1, 10, 60]) {
        const logits = Float32Array.from({ length: size }, () => scale * random.nextFraction() ** 3 - 20);
        const draws = filterKinds.flatMap((filters) =>
          Array.from({ length: 3 }, () => ({ filters, fraction: random.nextFraction() })),
        );
        const chosen = draws.map(({ filters, fraction }) => plain.choose(logits, filters, fraction));
        const detail = native.describe(logits, 7);
        expectClose(detail, plain.describe(logits, 7));
        try {
          for (const isa of library.usableIsas()) {
            library.forceIsa(isa);
            expect(
              draws.map(({ filters, fraction }) => native.choose(logits, filters, fraction)),
              `${isa}, ${String(size)} logits up to ${String(scale)}`,
            ).toEqual(chosen);
            expect(native.describe(logits, 7), isa).toEqual(detail);
          }
        } finally {
          library.forceIsa(undefined);
        }
      }
    }
  });

  it('describe a choice as those in TypeScript do, for any logits', () => {
    fc.assert(
      fc.property(logitArrays, fc.nat(), (logits, pick) => {
        const token = pick % logits.length;
        expectClose(
          passes(logits.length).describe(logits, token),
          plainPasses(logits.length).describe(logits, token),
        );
      }),
      { numRuns: 1000, seed: 2 },
    );
  });

  it('take the best token, the lowest id of equals', () => {
    const logits = new Float32Array(200).fill(-1);
    logits[70] = logits[71] = logits[199] = 3;
    expect(passes(200).best(logits)).toBe(70);
    expect(passes(200).choose(logits, { topK: 1, topP: 1, minP: 0, temperature: 1 }, 0.99)).toBe(70);
  });

  it('refuse broken logits, also behind the last whole block', () => {
    const filters = { topK: 0, topP: 0.9, minP: 0, temperature: 1 };
    for (const place of [0, 63, 64, 99]) {
      for (const value of [NaN, Infinity, -Infinity]) {
        const logits = new Float32Array(100);
        logits[place] = value;
        const broken = `token ${String(place)} is ${String(value)}, not a finite number`;
        expect(() => passes(100).best(logits)).toThrow(broken);
        expect(() => passes(100).choose(logits, filters, 0.5)).toThrow(broken);
        expect(() => passes(100).describe(logits, 0)).toThrow(broken);
      }
    }
  });

  it('refuse another vocabulary than the one they were made for', () => {
    expect(() => passes(8).best(new Float32Array(9))).toThrow(RangeError);
    expect(() => passes(8).describe(new Float32Array(7), 0)).toThrow(RangeError);
  });
});

/** Both are right to 1e-11 of each exponential, and to e^-40 where one counts as 0; logits reach 60. */
function expectClose(actual: ChoiceDetail, expected: ChoiceDetail): void {
  const numbers = ({ logProbability, entropy, alternatives }: ChoiceDetail): number[] => [
    ...[logProbability, entropy],
    ...alternatives.map((each) => each.logProbability),
  ];
  expect(actual.alternatives.map(({ token }) => token)).toEqual(
    expected.alternatives.map(({ token }) => token),
  );
  numbers(actual).forEach((value, i) =>
    expect(Math.abs(value - (numbers(expected)[i] ?? NaN))).toBeLessThan(1e-8),
  );
}
