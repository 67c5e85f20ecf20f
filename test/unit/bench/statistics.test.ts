import { describe, expect, it } from 'vitest';
import { median, medianRatio } from '../../../bench/statistics.ts';

describe('median', () => {
  it('is the middle value', () => {
    expect(median([9, 1, 10])).toBe(9);
    expect(median([4, 1, 2, 100])).toBe(3);
  });

  it('refuses to make one up', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('medianRatio', () => {
  it('compares what was measured in the same round', () => {
    // The third round was slow for both: it does not count against either.
    expect(medianRatio([10, 12, 1], [5, 4, 0.5])).toBe(2);
  });

  it('refuses rounds that lack one of the two', () => {
    expect(() => medianRatio([1, 2], [1])).toThrow(RangeError);
  });
});
