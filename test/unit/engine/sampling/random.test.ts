import { describe, expect, it } from 'vitest';
import { Random } from '../../../../src/engine/sampling/random.ts';
import { chiSquareBound, chiSquare } from './chiSquare.ts';

describe('Random', () => {
  it('is xoshiro128**: gives the published numbers from the state 1, 2, 3, 4', () => {
    const random = Random.fromState([1, 2, 3, 4]);
    const published = [
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ];
    expect(published.map(() => random.nextUint32())).toEqual(published);
  });

  it('gives the same numbers for the same seed, and others for each other seed', () => {
    const first = (seed: number) => {
      const random = new Random(seed);
      return [0, 1, 2, 3].map(() => random.nextUint32()).join();
    };
    expect(first(7)).toBe(first(7));
    expect(new Set(Array.from({ length: 1000 }, (_, seed) => first(seed))).size).toBe(1000);
    expect(new Set([0, 0xffffffff, 0x80000000].map(first)).size).toBe(3);
  });

  it('fills [0, 1) evenly', () => {
    const random = new Random(1);
    const bins = new Array<number>(256).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const fraction = random.nextFraction();
      expect(fraction >= 0 && fraction < 1).toBe(true);
      bins[Math.floor(fraction * 256)] = (bins[Math.floor(fraction * 256)] ?? 0) + 1;
    }
    expect(chiSquare(bins, new Array<number>(256).fill(100_000 / 256))).toBeLessThan(chiSquareBound(255));
  });
});
