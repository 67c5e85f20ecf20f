import { describe, expect, it } from 'vitest';
import { bitsPerWeight } from '../../../../src/models/quantization/blockLayout.ts';
import { dequantize } from '../../../../src/models/quantization/dequantize.ts';
import { HALF_FLOATS } from '../../../../src/models/quantization/halfFloat.ts';
import { QUANTIZATION_TYPES } from '../../../../src/models/weights.ts';
import { halfBits, quantize } from '../../../support/ggufQuantize.ts';
import { Random } from '../../../support/random.ts';
import { fillWithRandomWeights } from '../../../support/randomWeights.ts';

const squares = (values: Float32Array): number => values.reduce((sum, value) => sum + value * value, 0);

describe('the quantizers that make test models', () => {
  it.each(QUANTIZATION_TYPES)('lose no more than %s has to', (type) => {
    const weights = new Random(3).normals(16_384, 1);
    const decoded = dequantize(type, quantize(type, weights));
    const loss = squares(weights.map((weight, i) => weight - (decoded[i] ?? NaN))) / squares(weights);
    // Floats round to 2^-(fraction bits + 1) of a value at most. For codes of b bits over a block's range, some 6
    // deviations at the most for 256 normal values, an even error has the variance step²/12 with step = 6/(2^b - 1);
    // twice that leaves room for the rounding of scales.
    const bits = { F32: Infinity, F16: 11, BF16: 8 };
    const bound =
      type in bits
        ? 2 ** (-2 * bits[type as keyof typeof bits])
        : (2 * (6 / (2 ** Math.floor(bitsPerWeight(type)) - 1)) ** 2) / 12;
    expect(loss).toBeLessThanOrEqual(bound);
  });

  it('round every half float to itself', () => {
    const wrong = Array.from(HALF_FLOATS.keys()).filter(
      (bits) => Number.isFinite(HALF_FLOATS[bits]) && halfBits(HALF_FLOATS[bits] ?? NaN) !== bits,
    );
    expect(wrong).toEqual([]);
  });

  it('round the middle between two half floats to the even one', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const middle = ((HALF_FLOATS[bits] ?? NaN) + (HALF_FLOATS[bits + 1] ?? NaN)) / 2;
      expect(halfBits(middle)).toBe(bits + (bits & 1));
    }
  });
});

describe('random weights', () => {
  it.each(QUANTIZATION_TYPES)('of %s have the deviation asked for', (type) => {
    const bytes = quantize(type, new Float32Array(65_536));
    fillWithRandomWeights(type, bytes, 0.02, new Random(5));
    const weights = dequantize(type, bytes);
    const deviation = Math.sqrt(squares(weights) / weights.length);
    // Floats know only powers of two: a factor of sqrt(2) at most. Block scales vary around 1 with a mean square of 1.03.
    expect(deviation).toBeGreaterThan(0.02 / Math.SQRT2);
    expect(deviation).toBeLessThan(0.02 * Math.SQRT2);
    expect(weights.every(Number.isFinite)).toBe(true);
  });
});
