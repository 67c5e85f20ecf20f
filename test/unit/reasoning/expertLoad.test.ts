import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expertLoad } from '../../../src/reasoning/expertLoad.ts';

describe('the load of experts', () => {
  it('is even when all are used alike', () => {
    expect(expertLoad(Uint32Array.of(5, 5, 5, 5))).toEqual({
      cv: 0,
      entropyBits: 2,
      normalizedEntropy: 1,
      maxOverMean: 1,
      hottest: 0,
      hot: [],
      dead: [],
    });
  });

  it('is as uneven as it gets when one takes all', () => {
    expect(expertLoad(Uint32Array.of(0, 0, 8, 0))).toEqual({
      // Deviations 6, -2, -2, -2 around 2.
      cv: Math.sqrt(12) / 2,
      entropyBits: 0,
      normalizedEntropy: 0,
      maxOverMean: 4,
      hottest: 2,
      hot: [2],
      dead: [0, 1, 3],
    });
  });

  it('names hot and dead experts', () => {
    // The mean is 2: hot are those above 4.
    expect(expertLoad(Uint32Array.of(5, 4, 0, 1, 0))).toMatchObject({ hottest: 0, hot: [0], dead: [2, 4] });
  });

  it('is unknown when nothing was counted, and even with a single expert', () => {
    expect(expertLoad(new Uint32Array(8))).toBeNull();
    expect(expertLoad(Uint32Array.of(3))).toMatchObject({ cv: 0, normalizedEntropy: 1 });
  });

  it('says the same in whatever order the experts are, and however often everything is counted', () => {
    const counts = fc.array(fc.nat(50), { minLength: 2, maxLength: 16 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 2, max: 9 }), (numbers, times) => {
        const load = expertLoad(Uint32Array.from(numbers));
        const turned = expertLoad(Uint32Array.from(numbers.toReversed(), (count) => count * times));
        if (load === null || turned === null) {
          expect(turned).toBe(load);
          return;
        }
        // Sums of at most 16 terms in another order.
        expect(turned.cv).toBeCloseTo(load.cv, 12);
        expect(turned.entropyBits).toBeCloseTo(load.entropyBits, 12);
        expect(turned.maxOverMean).toBeCloseTo(load.maxOverMean, 12);
        expect(turned.dead).toHaveLength(load.dead.length);
        expect(load.normalizedEntropy).toBeLessThanOrEqual(1 + 1e-12);
        expect(load.cv).toBeLessThanOrEqual(Math.sqrt(numbers.length - 1) + 1e-12);
      }),
    );
  });
});
