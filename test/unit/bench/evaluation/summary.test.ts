import { describe, expect, it } from 'vitest';
import { byTask, summarize } from '../../../../bench/evaluation/summary.ts';
import { wilsonInterval } from '../../../../bench/evaluation/wilsonInterval.ts';
import { reply, wrong } from './replies.ts';

describe('the Wilson interval', () => {
  // Four digits of Wilson's formula with z = 1.96.
  it.each([
    [0, 10, 0, 0.2775],
    [10, 10, 0.7225, 1],
    [5, 10, 0.2366, 0.7634],
    [50, 60, 0.7197, 0.9069],
  ])('of %i in %i', (successes, trials, low, high) => {
    const interval = wilsonInterval(successes, trials);
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  });

  it('is narrower for more trials', () => {
    const width = (trials: number): number => {
      const [low, high] = wilsonInterval(trials / 2, trials);
      return high - low;
    };
    expect(width(400)).toBeLessThan(width(40));
  });

  it('refuses what is no share', () => {
    expect(() => wilsonInterval(0, 0)).toThrow(RangeError);
    expect(() => wilsonInterval(3, 2)).toThrow(RangeError);
  });
});

describe('a summary', () => {
  it('counts what is right and what has the right form apart', () => {
    const { accuracy, form, questions } = summarize([
      reply('a'),
      reply('b', { problem: 'answerForm' }),
      wrong('c'),
      wrong('d', { problem: 'unfinished' }),
    ]);
    expect([questions, accuracy.successes, form.successes]).toEqual([4, 2, 2]);
    expect(accuracy.value).toBe(0.5);
  });

  it('has the mean tokens, and the speed over all of the time', () => {
    const summary = summarize([
      reply('a', { thoughtTokens: 10, answerTokens: 4, decodedTokens: 14, decodeMs: 100 }),
      reply('b', { thoughtTokens: 30, answerTokens: 8, decodedTokens: 38, decodeMs: 300 }),
    ]);
    expect(summary).toMatchObject({ thoughtTokens: 20, answerTokens: 6, tokensPerSecond: 130 });
  });

  it('has no speed when nothing was decoded', () => {
    expect(summarize([wrong('a', { decodedTokens: 0, decodeMs: 0 })]).tokensPerSecond).toBeUndefined();
  });

  it('goes by task in the order of the contract', () => {
    const tasks = byTask([
      reply('a', { task: 'other' }),
      reply('b', { task: 'bug' }),
      reply('c', { task: 'other' }),
    ]);
    expect([...tasks].map(([task, replies]) => `${task} ${replies.length}`)).toEqual(['bug 1', 'other 2']);
  });
});
