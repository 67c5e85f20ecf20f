import { describe, expect, it } from 'vitest';
import { GuessLength } from '../../../../src/engine/speculation/guessLength.ts';

/** Predictions behind `matched` equal tokens, and behind each other. */
const predictions = (matched: number, count = 15) =>
  Array.from({ length: count }, (_, index) => ({ token: index, matched: matched + index }));

describe('the number of guesses that are computed', () => {
  it('is none where nothing is predicted', () => {
    expect(new GuessLength(0.13).choose([])).toBe(0);
  });

  it('is never more than are predicted', () => {
    expect(new GuessLength(0.13).choose(predictions(32, 3))).toBe(3);
  });

  it('is larger behind more equal tokens', () => {
    const length = new GuessLength(0.13);
    expect(length.choose(predictions(1))).toBeLessThan(length.choose(predictions(16)));
    expect(length.choose(predictions(16))).toBeGreaterThan(8);
  });

  it('is smaller where rows cost more', () => {
    const of = (rowCost: number) => new GuessLength(rowCost).choose(predictions(4));
    expect(of(0.08)).toBeGreaterThan(of(0.4));
    expect(of(0.4)).toBeGreaterThan(0);
    expect(of(1)).toBe(0);
  });

  it('falls to none where predictions turn out wrong, and rises again where they come to be right', () => {
    const length = new GuessLength(0.13);
    const weak = predictions(1, 1);
    expect(length.choose(weak)).toBe(1);
    for (let i = 0; i < 40; i++) length.judged({ token: 0, matched: 1 }, false);
    expect(length.choose(weak)).toBe(0);
    expect(length.choose(predictions(16))).toBeGreaterThan(8);
    for (let i = 0; i < 40; i++) length.judged({ token: 0, matched: 1 }, true);
    expect(length.choose(weak)).toBe(1);
  });
});
