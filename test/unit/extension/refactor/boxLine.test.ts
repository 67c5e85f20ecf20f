import { expect, it } from 'vitest';
import { boxLine } from '../../../../src/extension/refactor/boxLine.ts';

/** An editor that shows the lines 10 to 20. */
const isSeen = (line: number): boolean => line >= 10 && line <= 20;

it('A box is below the lines that are meant', () => {
  expect(boxLine({ first: 12, last: 14, cursor: 12, isSeen })).toBe(14);
});

it('A box is above the lines that are meant when their end is not in sight', () => {
  expect(boxLine({ first: 12, last: 90, cursor: 15, isSeen })).toBe(11);
});

it('A box is at the cursor when neither end is in sight', () => {
  expect(boxLine({ first: 2, last: 90, cursor: 15, isSeen })).toBe(15);
  expect(boxLine({ first: 0, last: 90, cursor: 95, isSeen })).toBe(90);
});
