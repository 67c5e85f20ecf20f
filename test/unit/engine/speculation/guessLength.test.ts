import { describe, expect, it } from 'vitest';
import { GuessLength } from '../../../../src/engine/speculation/guessLength.ts';
import type { Prediction, PredictionsAhead } from '../../../../src/engine/speculation/predictor.ts';

/** Kinds of predictions, the likelier the higher. */
const CHANCES = [0.5, 0.7, 0.85, 0.91, 0.95];

const length = (rowCost = 0.13): GuessLength => new GuessLength(rowCost, CHANCES);

/** Predictions of one kind. */
const predictions = (kind: number, count = 15): Prediction[] =>
  Array.from({ length: count }, (_, token) => ({ token, kind, source: 'lookup' }));

/** Says these, one behind the other. */
function ahead(predicted: readonly Prediction[]): PredictionsAhead {
  let taken = 0;
  return {
    next: () => predicted[taken],
    take: () => {
      taken++;
    },
  };
}

/** Those that are worth computing. */
function chosen(by: GuessLength, predicted: readonly Prediction[], before?: number[]): readonly Prediction[] {
  const { read, length: count } = by.choose(ahead(predicted), Infinity, before);
  return read.slice(0, count);
}

describe('the guesses that are computed', () => {
  it('are none where nothing is predicted', () => {
    expect(chosen(length(), [])).toEqual([]);
  });

  it('are the first ones, and never more than are predicted', () => {
    expect(chosen(length(), predictions(4, 3))).toEqual(predictions(4, 3));
    expect(chosen(length(), predictions(2))).toEqual(predictions(2).slice(0, 6));
  });

  it('are not more than are wanted, of which no more are read', () => {
    const { read, length: count } = length().choose(ahead(predictions(4)), 3);
    expect(read).toEqual(predictions(4, 3));
    expect(count).toBe(3);
  });

  it('are more where they are likelier', () => {
    expect(chosen(length(), predictions(0)).length).toBeLessThan(chosen(length(), predictions(4)).length);
    expect(chosen(length(), predictions(4)).length).toBeGreaterThan(8);
  });

  it('are fewer where rows cost more', () => {
    const of = (rowCost: number) => chosen(length(rowCost), predictions(2)).length;
    expect(of(0.08)).toBeGreaterThan(of(0.4));
    expect(of(0.4)).toBeGreaterThan(0);
    expect(of(1)).toBe(0);
  });

  it('are fewer behind one that is computed in any case and may be wrong', () => {
    const behind = (chance: number) => chosen(length(), predictions(2), [chance]).length;
    expect(behind(0.5)).toBeLessThan(behind(1));
  });

  it('are those that give the most tokens for the time, though predictions are read only as far as they may', () => {
    const kinds = [3, 4, 0, 4, 4, 4, 4, 1, 2, 4, 4, 4];
    const all = kinds.map((kind, token): Prediction => ({ token, kind, source: 'lookup' }));
    for (const rowCost of [0.02, 0.1, 0.2, 0.4]) {
      const rates = [...kinds, 0].map((_, count) => {
        const reached = kinds
          .slice(0, count)
          .map((_kind, index) =>
            kinds.slice(0, index + 1).reduce((chance, kind) => chance * (CHANCES[kind] ?? 0), 1),
          );
        return (1 + reached.reduce((sum, chance) => sum + chance, 0)) / (1 + rowCost * count);
      });
      expect(chosen(length(rowCost), all)).toHaveLength(rates.indexOf(Math.max(...rates)));
    }
  });

  it('fall to none where predictions turn out wrong, and rise again where they come to be right', () => {
    const judging = length();
    const [weak] = predictions(0, 1);
    if (!weak) throw new Error('no prediction');
    expect(chosen(judging, [weak])).toHaveLength(1);
    for (let i = 0; i < 40; i++) judging.judged(weak, false);
    expect(chosen(judging, [weak])).toHaveLength(0);
    expect(chosen(judging, predictions(4)).length).toBeGreaterThan(8);
    for (let i = 0; i < 40; i++) judging.judged(weak, true);
    expect(chosen(judging, [weak])).toHaveLength(1);
  });
});
