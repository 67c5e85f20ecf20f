import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { centreCodes, zeroPointBytes } from '../../../../src/engine/backends/onnx/centreCodes.ts';
import type { BlockRepresentation } from '../../../../src/engine/backends/onnx/representation.ts';

const BLOCK = 32;
const ROWS = 2;

const cases = fc
  .record({ bits: fc.constantFrom<4 | 8>(4, 8), blocksPerRow: fc.integer({ min: 1, max: 5 }) })
  .chain(({ bits, blocksPerRow }) => {
    const blocks = ROWS * blocksPerRow;
    const [least, most] = bits === 4 ? [0, 15] : [112, 143];
    return fc.record({
      bits: fc.constant(bits),
      blocksPerRow: fc.constant(blocksPerRow),
      codes: fc.array(fc.integer({ min: least, max: most }), {
        minLength: blocks * BLOCK,
        maxLength: blocks * BLOCK,
      }),
      // Multiples of 1/64 with few digits: every product and sum of the test is exact in single precision.
      scales: fc.array(
        fc.integer({ min: -99, max: 99 }).map((n) => n / 64),
        { minLength: blocks, maxLength: blocks },
      ),
      minima: fc.array(
        fc.integer({ min: -999, max: 999 }).map((n) => n / 64),
        { minLength: blocks, maxLength: blocks },
      ),
    });
  });

const pack = (codes: readonly number[], bits: 4 | 8): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(
    bits === 8
      ? codes
      : Array.from(
          { length: codes.length / 2 },
          (_, i) => (codes[2 * i] ?? 0) | ((codes[2 * i + 1] ?? 0) << 4),
        ),
  );

const codeAt = (bytes: Uint8Array, bits: 4 | 8, i: number): number =>
  bits === 8 ? (bytes[i] ?? 0) : ((bytes[i >> 1] ?? 0) >> ((i & 1) * 4)) & 15;

describe('centreCodes', () => {
  it('keeps every weight and puts the zero point of each block at the mean of its codes', () => {
    fc.assert(
      fc.property(cases, ({ bits, blocksPerRow, codes, scales, minima }) => {
        const representation: BlockRepresentation = {
          kind: 'blocks',
          bits,
          blockSize: BLOCK,
          hasMinima: true,
        };
        const middle = bits === 4 ? 8 : 128;
        const weights = codes.map(
          (code, i) => (scales[i >> 5] ?? 0) * (code - middle) + (minima[i >> 5] ?? 0),
        );
        const blocks = {
          codes: pack(codes, bits),
          scales: Float32Array.from(scales),
          minima: Float32Array.from(minima),
        };
        const zeroPoints = new Uint8Array(bits === 4 ? ROWS * zeroPointBytes(blocksPerRow) : 0).fill(0xff);

        centreCodes(blocks, zeroPoints, representation, blocksPerRow);

        const zeroPointOf = (block: number): number => {
          if (bits === 8) return 128;
          const [row, column] = [Math.floor(block / blocksPerRow), block % blocksPerRow];
          return codeAt(zeroPoints.subarray(row * zeroPointBytes(blocksPerRow)), 4, column);
        };
        const centred = codes.map((_, i) => codeAt(blocks.codes, bits, i) - zeroPointOf(i >> 5));
        expect(
          centred.map((code, i) => (blocks.scales[i >> 5] ?? 0) * code + (blocks.minima[i >> 5] ?? 0)),
        ).toEqual(weights.map((weight) => weight + 0));
        for (let block = 0; block < scales.length; block++) {
          const sum = centred.slice(block * BLOCK, (block + 1) * BLOCK).reduce((a, b) => a + b, 0);
          // A zero point is a whole number, so the mean may be off by half of one.
          expect(Math.abs(sum / BLOCK)).toBeLessThanOrEqual(0.5);
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});
