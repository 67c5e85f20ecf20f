import { expect, it } from 'vitest';
import { sortRows } from '../../../../src/engine/backends/gpu/sortRows.ts';

/** Three tokens, two choices each. */
const CHOICES = Uint32Array.from([4, 1, 0, 4, 1, 3]);

it('Rows of experts in slots come first, those of the others expert by expert behind them', () => {
  const slots = new Map([[4, 1]]);
  const rows = sortRows(CHOICES, 2, 5, (expert) => slots.get(expert));
  expect([...rows.hits]).toEqual([0, 1, 1, 1]);
  expect(rows.experts).toEqual([0, 1, 3]);
  expect(rows.starts).toEqual([0, 1, 3, 4]);
  expect(rows.tokens).toEqual([1, 0, 2, 2]);
  // Of 4, 1, 0, 4, 1, 3: two rows on the GPU, then those of 0, 1, 1 and 3.
  expect([...rows.outputRows]).toEqual([0, 3, 2, 1, 4, 5]);
});

it('Every choice has a row of its own, wherever experts are', () => {
  for (const resident of [[], [0, 1, 3, 4], [1, 3]]) {
    const rows = sortRows(CHOICES, 2, 5, (expert) => (resident.includes(expert) ? expert : undefined));
    expect([...rows.outputRows].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(rows.hits.length / 2 + rows.tokens.length).toBe(6);
  }
});

it('A choice of an expert that is not there is the GPU’s failure', () => {
  expect(() => sortRows(Uint32Array.from([5]), 1, 5, () => undefined)).toThrow(/expert that is not there: 5/);
});
