import { describe, expect, it } from 'vitest';
import { BestCandidates, MOST_BEST, needOf } from '../../../../src/engine/sampling/bestCandidates.ts';
import type { BestLogits } from '../../../../src/engine/sampling/bestLogits.ts';
import type { CandidateFilters } from '../../../../src/engine/sampling/candidates.ts';
import { Sampler } from '../../../../src/engine/sampling/sampler.ts';
import { bestDetail, tokenDetail } from '../../../../src/engine/sampling/tokenDetail.ts';
import { plainPasses } from '../../../../src/engine/sampling/vocabularyPasses.ts';
import { Random } from '../../../support/random.ts';

const VOCABULARY = 3000;

/** The best `count` as a GPU would find them, sums in single precision. */
function bestOf(logits: Float32Array, count: number): BestLogits {
  // JavaScript's sort keeps the order of equals.
  const ids = Array.from(logits.keys())
    .sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0))
    .slice(0, count);
  const largest = logits[ids[0] ?? 0] ?? 0;
  let [mass, distance] = [0, 0];
  for (const logit of logits) {
    mass += Math.exp(logit - largest);
    distance += Math.exp(logit - largest) * (largest - logit);
  }
  return {
    ids: Uint32Array.from(ids),
    logits: Float32Array.from(ids, (id) => logits[id] ?? 0),
    mass: Math.fround(mass),
    distance: Math.fround(distance),
    vocabularySize: logits.length,
  };
}

/** A peaked distribution with equals in it, as models give. */
function randomLogits(seed: number): Float32Array {
  return new Random(seed).normals(VOCABULARY, 4).map((logit) => Math.round(logit * 8) / 8);
}

const FILTERS: readonly [string, CandidateFilters][] = [
  ['top-k', { topK: 20, topP: 1, minP: 0, temperature: 0.6 }],
  ['top-k of 1', { topK: 1, topP: 1, minP: 0, temperature: 1 }],
  ['top-k, top-p and min-p', { topK: 40, topP: 0.9, minP: 0.05, temperature: 1.3 }],
  ['top-p of the vocabulary', { topK: 0, topP: 0.3, minP: 0, temperature: 0.6 }],
  ['top-p of the vocabulary and min-p', { topK: 0, topP: 0.3, minP: 0.2, temperature: 1 }],
  ['min-p of the vocabulary', { topK: 0, topP: 1, minP: 0.2, temperature: 2 }],
];

describe('Of the best logits alone', () => {
  it.each(FILTERS)('the same token is chosen by %s as of all', (_, filters) => {
    const passes = plainPasses(VOCABULARY);
    const candidates = new BestCandidates();
    const need = needOf(filters);
    let compared = 0;
    for (let seed = 0; seed < 20; seed++) {
      const logits = randomLogits(seed);
      const best = bestOf(logits, need?.count ?? 0);
      if (need?.suffices(best) !== true) continue;
      for (let i = 0; i < 50; i++) {
        const fraction = (i + 0.5) / 50;
        expect(candidates.choose(best, filters, fraction)).toBe(passes.choose(logits, filters, fraction));
        compared++;
      }
    }
    // Whether a choice can do with the best is up to the logits; of these nearly all can.
    expect(compared).toBeGreaterThan(15 * 50);
  });

  it('a sampler takes the same tokens with the same seed, greedy or not', () => {
    for (const temperature of [0, 0.8]) {
      const sampling = {
        ...{ temperature, topK: 30, topP: 0.95, minP: 0.01, seed: 7 },
        ...{ repetitionPenalty: 1, repetitionWindow: 64 },
      };
      const [one, other] = [new Sampler(VOCABULARY, sampling), new Sampler(VOCABULARY, sampling)];
      for (let place = 0; place < 40; place++) {
        const logits = randomLogits(place);
        const best = bestOf(logits, one.need?.count ?? 0);
        expect(one.preview(best)).toBe(other.preview(logits));
        expect(one.sample(best)).toBe(other.sample(logits));
      }
    }
  });

  it('a choice is described as of all, to single precision', () => {
    const logits = randomLogits(3);
    const best = bestOf(logits, 20);
    const token = best.ids[6] ?? 0;
    const [found, expected] = [bestDetail(best, token), tokenDetail(logits, token)];
    // Sums were rounded to single once: 2^-24 of each, and entropy is of their quotient.
    expect(found.logProbability).toBeCloseTo(expected.logProbability, 6);
    expect(found.entropy).toBeCloseTo(expected.entropy, 6);
    expect(found.alternatives.map(({ token: id }) => id)).toEqual(
      expected.alternatives.map(({ token: id }) => id),
    );
    expect(() => bestDetail(best, 2999)).toThrow(RangeError);
  });
});

describe('All logits are asked for', () => {
  const all: readonly [string, CandidateFilters][] = [
    ['more are kept than the best', { topK: MOST_BEST + 1, topP: 1, minP: 0, temperature: 1 }],
    ['nothing is cut away', { topK: 0, topP: 1, minP: 0, temperature: 1 }],
  ];
  it.each(all)('where %s', (_, filters) => {
    expect(needOf(filters)).toBeUndefined();
  });

  it('where tokens that a reply has are to be less likely', () => {
    const sampling = { temperature: 0, topK: 0, topP: 1, minP: 0, seed: 1, repetitionWindow: 64 };
    expect(new Sampler(VOCABULARY, { ...sampling, repetitionPenalty: 1 }).need).toBeDefined();
    expect(new Sampler(VOCABULARY, { ...sampling, repetitionPenalty: 1.1 }).need).toBeUndefined();
  });

  it('where the best do not reach what top-p keeps, or min-p', () => {
    const flat = bestOf(new Random(5).normals(VOCABULARY, 0.1), MOST_BEST);
    expect(needOf({ topK: 0, topP: 0.95, minP: 0, temperature: 1 })?.suffices(flat)).toBe(false);
    expect(needOf({ topK: 0, topP: 1, minP: 0.05, temperature: 1 })?.suffices(flat)).toBe(false);
    expect(() =>
      new BestCandidates().choose(flat, { topK: 0, topP: 0.95, minP: 0, temperature: 1 }, 0.5),
    ).toThrow(RangeError);
  });

  it('where the error of the mass hides which token is top-p’s last', () => {
    // Two equal ones and nothing else: top-p of a half ends exactly with the first.
    const two = bestOf(new Float32Array(VOCABULARY).fill(-100).fill(0, 10, 12), MOST_BEST);
    const half = { topK: 0, topP: 0.5, minP: 0, temperature: 1 };
    expect(needOf(half)?.suffices(two)).toBe(false);
    expect(needOf({ ...half, topP: 0.4999 })?.suffices(two)).toBe(true);
  });
});
