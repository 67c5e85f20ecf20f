import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHalf } from '../../../src/protocol/toHalf.ts';
import { HALF_FLOATS } from '../../../src/models/quantization/halfFloat.ts';
import { halfToFloat } from '../../../src/protocol/unpackRouting.ts';

const ALL_BITS = Array.from({ length: 0x10000 }, (_, bits) => bits);

describe('a half float', () => {
  it('is read as the table of all half floats says', () => {
    expect(Float32Array.from(ALL_BITS, halfToFloat)).toEqual(HALF_FLOATS);
  });

  it('that is a number comes back with the same bits', () => {
    const numbers = ALL_BITS.filter((bits) => !Number.isNaN(HALF_FLOATS[bits]));
    expect(numbers.filter((bits) => toHalf(HALF_FLOATS[bits] ?? NaN) !== bits)).toEqual([]);
  });

  it('that is no number stays none', () => {
    expect(halfToFloat(toHalf(NaN))).toBeNaN();
  });

  it('lies nearest to what it was made of, and is even where two are equally near', () => {
    const distance = (bits: number, value: number): number => Math.abs(halfToFloat(bits) - value);
    const check = (value: number): void => {
      const bits = toHalf(value);
      for (const neighbour of [bits - 1, bits + 1].filter((each) => each >= 0 && each < 0x7c00)) {
        const [own, other] = [distance(bits, value), distance(neighbour, value)];
        expect(own).toBeLessThanOrEqual(other);
        if (own === other) expect(bits % 2).toBe(0);
      }
    };
    fc.assert(fc.property(fc.float({ min: 0, max: 65504, noNaN: true }), check));
    fc.assert(fc.property(fc.float({ min: 0, max: Math.fround(2 ** -13), noNaN: true }), check));
    // Exactly between two neighbours.
    for (let bits = 0; bits < 0x7bff; bits += 7) check((halfToFloat(bits) + halfToFloat(bits + 1)) / 2);
  });

  it('is infinite from where the next one would be as near', () => {
    expect(halfToFloat(toHalf(65519.99))).toBe(65504);
    expect(halfToFloat(toHalf(65520))).toBe(Infinity);
    expect(halfToFloat(toHalf(-1e30))).toBe(-Infinity);
  });
});
