import { describe, expect, it } from 'vitest';
import { median, medianInterval, medianRatio } from '../../../bench/statistics.ts';

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

describe('medianInterval', () => {
  it('is the whole range where there are few values', () => {
    expect(medianInterval([3, 1, 2])).toEqual([1, 3]);
  });

  it('closes in on the median as values are added', () => {
    // Of 100 values, the binomial table gives the 40th and the 61st.
    const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
    expect(medianInterval(hundred)).toEqual([40, 61]);
  });

  it('refuses to make one up', () => {
    expect(() => medianInterval([])).toThrow(RangeError);
  });
});
