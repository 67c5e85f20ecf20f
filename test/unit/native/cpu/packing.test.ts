import { beforeAll, describe, expect, it } from 'vitest';
import { PACKED_TYPES, type CpuLibrary } from '../../../../native/cpu/library.ts';
import { blockLayout, rowBytes } from '../../../../src/models/quantization/blockLayout.ts';
import { dequantize } from '../../../../src/models/quantization/dequantize.ts';
import { cpuLibrary } from '../../../support/cpuLibrary.ts';
import { packedMatrix } from '../../../support/packedProduct.ts';
import { Random } from '../../../support/random.ts';
import { randomBlocks } from '../../../support/randomBlocks.ts';

let library: CpuLibrary;
beforeAll(async () => {
  library = await cpuLibrary();
});

/** Two panels and a part of a third. */
const ROWS = 37;
const COLUMNS = 768;

function source(type: (typeof PACKED_TYPES)[number]): Uint8Array<ArrayBuffer> {
  return randomBlocks(type, (ROWS * COLUMNS) / blockLayout(type).values, new Random(11));
}

describe.each(PACKED_TYPES)('a packed matrix of %s', (type) => {
  it('holds the weights of the file to the last bit', () => {
    const bytes = source(type);
    const matrix = packedMatrix(library, type, [ROWS, COLUMNS], bytes);
    const weights = dequantize(type, bytes);
    for (let row = 0; row < ROWS; row++) {
      const expected = weights.subarray(row * COLUMNS, (row + 1) * COLUMNS);
      expect(bytesOf(library.unpackRow(matrix, row)).equals(bytesOf(expected)), `row ${String(row)}`).toBe(
        true,
      );
    }
  });

  it('is the same whether its rows are packed together or in parts', () => {
    const bytes = source(type);
    const whole = packedMatrix(library, type, [ROWS, COLUMNS], bytes);
    const packed = library.alignedBytes(library.packedBytes(type, ROWS, COLUMNS));
    const inParts = { ...whole, packed };
    const part = (first: number, end: number): void => {
      const perRow = rowBytes(type, COLUMNS);
      library.pack(bytes.subarray(first * perRow, end * perRow), inParts, { first, end });
    };
    part(32, ROWS);
    part(0, 16);
    part(16, 32);
    expect(Buffer.compare(packed, whole.packed)).toBe(0);
  });

  it('takes no part of a panel and nothing that is too short', () => {
    const bytes = source(type);
    const matrix = packedMatrix(library, type, [ROWS, COLUMNS], bytes);
    const before = Uint8Array.from(matrix.packed);
    expect(() => library.pack(bytes, matrix, { first: 8, end: 16 })).toThrow('cuts a panel');
    expect(() => library.pack(bytes, matrix, { first: 0, end: 20 })).toThrow('cuts a panel');
    expect(() => library.pack(bytes, matrix, { first: 32, end: 48 })).toThrow('not inside its whole');
    expect(() => library.pack(bytes, matrix, { first: 16, end: 0 })).toThrow('not inside its whole');
    expect(() => library.pack(bytes.subarray(1), matrix, { first: 0, end: ROWS })).toThrow('too small');
    const short = { ...matrix, packed: matrix.packed.subarray(0, -1) };
    expect(() => library.pack(bytes, short, { first: 0, end: ROWS })).toThrow('too small');
    const crooked = { ...matrix, packed: library.alignedBytes(before.length + 64).subarray(16) };
    expect(() => library.pack(bytes, crooked, { first: 0, end: ROWS })).toThrow('not aligned');
    expect(() => library.unpackRow(matrix, ROWS)).toThrow('not inside its whole');
    expect(() => library.unpackRow(matrix, -1)).toThrow('not inside its whole');
    expect(() => library.unpackRow(short, 0)).toThrow('too small');
    expect(Buffer.compare(matrix.packed, before)).toBe(0);
  });

  it('has no size where the shape is none', () => {
    const { values } = blockLayout(type);
    for (const [rows, columns] of [
      [0, values],
      [-1, values],
      [1, 0],
      [1, -values],
      [1, values + 1],
      [1, values / 2],
      [2 ** 40, values],
      [1, 2 ** 40],
    ] as const) {
      expect(() => library.packedBytes(type, rows, columns)).toThrow('not positive, too many, or not whole');
    }
  });
});

it('needs little more than the file for the four-bit types', () => {
  const bitsPerWeight = (type: (typeof PACKED_TYPES)[number]): number =>
    (library.packedBytes(type, 1024, 1024) * 8) / 1024 ** 2;
  expect(bitsPerWeight('Q4_0')).toBe(4.5);
  expect(bitsPerWeight('Q4_1')).toBe(5);
  // Super-scales of 256 columns and bytes for the factors, which the file has in 6 bits.
  expect(bitsPerWeight('Q4_K')).toBe(4.625);
  expect(bitsPerWeight('Q8_0')).toBe(8.5);
});

function bytesOf(floats: Float32Array): Buffer {
  return Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength);
}
