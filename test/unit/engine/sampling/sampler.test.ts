import { describe, expect, it } from 'vitest';
import { Random } from '../../../../src/engine/sampling/random.ts';
import { Sampler } from '../../../../src/engine/sampling/sampler.ts';
import { GlassboxError } from '../../../../src/protocol/errors.ts';
import type { ResolvedSampling } from '../../../../src/protocol/generation.ts';
import { chiSquare, chiSquareBound } from './chiSquare.ts';

const PLAIN: ResolvedSampling = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  repetitionWindow: 64,
  seed: 1,
};
const sampler = (size: number, options: Partial<ResolvedSampling>) =>
  new Sampler(size, { ...PLAIN, ...options });

const probabilities = [0.4, 0.3, 0.15, 0.1, 0.04, 0.01];
const logits = Float32Array.from(probabilities, (p) => Math.log(p) + 3);
const softmaxOf = (weights: readonly number[]) => {
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
};

describe('Sampler, over 100,000 draws', () => {
  const cases: readonly [what: string, options: Partial<ResolvedSampling>, expected: readonly number[]][] = [
    ['follows the distribution', {}, probabilities],
    ['sharpens it when cool', { temperature: 0.6 }, softmaxOf(probabilities.map((p) => p ** (1 / 0.6)))],
    ['flattens it when hot', { temperature: 2 }, softmaxOf(probabilities.map((p) => p ** (1 / 2)))],
    ['draws from the three best', { topK: 3 }, softmaxOf([0.4, 0.3, 0.15])],
    ['draws from the nucleus', { topP: 0.9 }, softmaxOf([0.4, 0.3, 0.15, 0.1])],
    ['draws from those near the best', { minP: 0.2 }, softmaxOf([0.4, 0.3, 0.15, 0.1])],
    [
      'does all of that together',
      { topK: 5, topP: 0.8, minP: 0.1, temperature: 0.6 },
      softmaxOf([0.4, 0.3, 0.15].map((p) => p ** (1 / 0.6))),
    ],
  ];
  it.each(cases)('%s', (_what, options, expected) => {
    const draws = 100_000;
    const counts = new Array<number>(probabilities.length).fill(0);
    const subject = sampler(logits.length, options);
    for (let i = 0; i < draws; i++) {
      const token = subject.sample(logits);
      counts[token] = (counts[token] ?? 0) + 1;
    }
    expect(counts.slice(expected.length).every((count) => count === 0)).toBe(true);
    const bound = chiSquareBound(expected.length - 1);
    expect(
      chiSquare(
        counts,
        expected.map((p) => p * draws),
      ),
    ).toBeLessThan(bound);
  });
});

describe('Sampler', () => {
  const random = new Random(5);
  const steps = Array.from({ length: 50 }, () =>
    Float32Array.from({ length: 5000 }, () => random.nextFraction() * 9),
  );
  const text = (options: Partial<ResolvedSampling>) => {
    const subject = sampler(5000, options);
    return steps.map((step) => {
      const token = subject.sample(step);
      subject.accept(token);
      return token;
    });
  };

  it('gives the same text for the same seed, and another for another', () => {
    const options = { temperature: 0.6, topP: 0.95, repetitionPenalty: 1.1 };
    expect(text({ ...options, seed: 9 })).toEqual(text({ ...options, seed: 9 }));
    expect(text({ ...options, seed: 9 })).not.toEqual(text({ ...options, seed: 10 }));
  });

  it('is greedy at temperature 0, whatever the filters and the seed', () => {
    const best = steps.map((step) => step.indexOf(step.reduce((a, b) => Math.max(a, b))));
    expect(text({ temperature: 0, topP: 0.5, topK: 7, seed: 3 })).toEqual(best);
  });

  it('takes the lowest id of equals at temperature 0', () => {
    expect(sampler(4, { temperature: 0 }).sample(Float32Array.of(1, 5, 5, 2))).toBe(1);
  });

  it('penalizes what is in the window, and only while it is', () => {
    const subject = sampler(3, { temperature: 0, repetitionPenalty: 2, repetitionWindow: 2 });
    const scores = Float32Array.of(3, 2, -1);
    const best = [];
    for (const accepted of [2, 0, 1, 1]) {
      subject.accept(accepted);
      best.push(subject.sample(scores));
    }
    // Scores of 0 and 1 with the window 2; 2 0; 0 1; 1 1: 3 and 2, 1.5 and 2, 1.5 and 1, 3 and 1.
    expect(best).toEqual([0, 1, 0, 0]);
    expect(scores).toEqual(Float32Array.of(3, 2, -1));
  });

  it('penalizes a token once, however often it came', () => {
    const subject = sampler(2, { temperature: 0, repetitionPenalty: 2 });
    subject.accept(0);
    subject.accept(0);
    // 3 / 2 is above 1, 3 / 4 would not be.
    expect(subject.sample(Float32Array.of(3, 1))).toBe(0);
  });

  it('penalizes a negative logit downwards', () => {
    const subject = sampler(2, { temperature: 0, repetitionPenalty: 3 });
    subject.accept(0);
    expect(subject.sample(Float32Array.of(-1, -2))).toBe(1);
  });

  it.each([NaN, Infinity, -Infinity])('refuses logits with %s and says which token has it', (broken) => {
    const bad = Float32Array.of(1, broken, 2);
    for (const temperature of [0, 1]) {
      let thrown: unknown;
      try {
        sampler(3, { temperature }).sample(bad);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(GlassboxError);
      expect(thrown).toMatchObject({ code: 'runtime/failed', message: expect.stringContaining('token 1') });
    }
  });

  it('refuses logits of another vocabulary', () => {
    expect(() => sampler(4, {}).sample(new Float32Array(3))).toThrow('3 scores for a vocabulary of 4');
  });
});

describe('a preview of a choice', () => {
  it.each([0, 1])('is the choice that follows, and changes none, at temperature %d', (temperature) => {
    const [asked, unasked] = [sampler(6, { temperature, seed: 3 }), sampler(6, { temperature, seed: 3 })];
    for (let i = 0; i < 200; i++) {
      const token = asked.preview(logits);
      expect(asked.preview(logits)).toBe(token);
      expect(asked.sample(logits)).toBe(token);
      expect(unasked.sample(logits)).toBe(token);
      asked.accept(token);
      unasked.accept(token);
    }
  });
});

describe('the places of a reply', () => {
  const places = 40;
  const sampledFrom = (first: number): number[] => {
    const subject = sampler(6, { seed: 3 });
    subject.goTo(first);
    return Array.from({ length: places - first }, () => subject.sample(logits));
  };

  it('have random numbers of their own, whether the tokens before were drawn or given', () => {
    const all = sampledFrom(0);
    for (const first of [1, 17, 39]) expect(sampledFrom(first)).toEqual(all.slice(first));
  });

  it('are not gone back to', () => {
    const subject = sampler(6, { seed: 3 });
    const drawn = Array.from({ length: places }, (_, place) => {
      subject.goTo(place - 5);
      return subject.sample(logits);
    });
    expect(drawn).toEqual(sampledFrom(0));
  });
});
