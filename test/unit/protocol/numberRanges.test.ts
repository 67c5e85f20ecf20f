import { expect, it } from 'vitest';
import { numberRanges } from '../../../src/protocol/numberRanges.ts';

it('Numbers that follow each other are told by their first and last', () => {
  expect(numberRanges([7, 1, 3, 2])).toBe('1-3, 7');
  expect(numberRanges([5])).toBe('5');
  expect(numberRanges([0, 2, 4, 5])).toBe('0, 2, 4-5');
  expect(numberRanges([])).toBe('');
});
