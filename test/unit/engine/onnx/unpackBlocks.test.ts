import { describe, expect, it } from 'vitest';
import { representationOf } from '../../../../src/engine/backends/onnx/representation.ts';
import { isBlockType, unpackerOf } from '../../../../src/engine/backends/onnx/unpackBlocks.ts';
import { blockLayout } from '../../../../src/models/quantization/blockLayout.ts';
import { dequantize } from '../../../../src/models/quantization/dequantize.ts';
import { QUANTIZATION_TYPES } from '../../../../src/models/weights.ts';
import { Random } from '../../../support/random.ts';
import { randomBlocks } from '../../../support/randomBlocks.ts';

const BLOCKS = 64;

describe.each(QUANTIZATION_TYPES.filter(isBlockType))('unpacked blocks of %s', (type) => {
  it('stand for the weights that the file holds', () => {
    const representation = representationOf(type);
    if (representation.kind !== 'blocks') throw new Error('a block type');
    const { bits, blockSize, hasMinima } = representation;
    const { values } = blockLayout(type);
    const file = randomBlocks(type, BLOCKS, new Random(7));
    const weightCount = BLOCKS * values;
    const unpacked = {
      codes: new Uint8Array((weightCount * bits) / 8),
      scales: new Float32Array(weightCount / blockSize),
      minima: new Float32Array(hasMinima ? weightCount / blockSize : 0),
    };
    unpackerOf(type)(file, unpacked);

    const expected = dequantize(type, file);
    for (let i = 0; i < weightCount; i++) {
      const block = Math.floor(i / blockSize);
      const byte = unpacked.codes[bits === 4 ? i >> 1 : i] ?? NaN;
      const code = bits === 4 ? (byte >> (4 * (i & 1))) & 15 : byte;
      const scale = unpacked.scales[block] ?? NaN;
      const minimum = unpacked.minima[block] ?? 0;
      const weight = scale * (code - 2 ** (bits - 1)) + minimum;
      // Without minima the product is exact. With them, the minimum was rounded once to 24 bits, and the expected
      // weight is itself rounded (twice for k-quants, whose product and difference each are).
      const largest = Math.max(Math.abs(minimum), Math.abs(scale) * 31, Math.abs(expected[i] ?? NaN));
      const tolerance = hasMinima ? 3 * largest * 2 ** -24 : 0;
      expect(Math.abs(weight - (expected[i] ?? NaN))).toBeLessThanOrEqual(tolerance);
    }
  });
});
