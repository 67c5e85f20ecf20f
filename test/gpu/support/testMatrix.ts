import type { BlockType } from '../../../native/kernels/blockType.ts';
import { repackBlocks } from '../../../native/kernels/repackBlocks.ts';
import type { RowPlanes } from '../../../native/webgpu/weightBuffers.ts';
import { dequantize } from '../../../src/models/quantization/dequantize.ts';
import { quantize } from '../../support/ggufQuantize.ts';
import type { Random } from '../../support/random.ts';
import type { KernelBench } from './kernelBench.ts';
import { SINGLE_ROUNDING } from './numericBounds.ts';

/** A random matrix as a file would have it, and as the plain twin reads it. */
export interface TestMatrix {
  readonly type: BlockType;
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns]`, as the file's blocks decode. */
  readonly values: Float32Array;
  readonly planes: RowPlanes;
}

export function testMatrix(
  random: Random,
  type: BlockType,
  rows: number,
  columns: number,
  deviation = 0.05,
): TestMatrix {
  const bytes = quantize(type, random.normals(rows * columns, deviation));
  return { type, rows, columns, values: dequantize(type, bytes), planes: repackBlocks(type, bytes) };
}

/** Where a matrix begins in the bench's buffers, as kernels' parameters want it. */
export interface MatrixPlace {
  readonly quants: number;
  readonly scales: number;
  readonly high: number;
}

/** Puts a matrix on the bench, some way from the buffers' beginnings: an offset that is forgotten shows. */
export function placeMatrix(bench: KernelBench, { planes }: TestMatrix): MatrixPlace {
  const place = { quants: 3, scales: 5, high: 5 + planes.scales.length + 7 };
  bench.write('quants', planes.quants, place.quants * 4);
  if (planes.scales.length > 0) bench.write('scales', planes.scales, place.scales);
  if (planes.high.length > 0) bench.write('scales', planes.high, place.high);
  return place;
}

/** Puts the second matrix of a kernel that reads two far behind the first. */
export function placeSecondMatrix(
  bench: KernelBench,
  { planes }: TestMatrix,
): { readonly secondQuants: number; readonly secondScales: number; readonly secondHigh: number } {
  const place = { secondQuants: 2000, secondScales: 6000, secondHigh: 7000 };
  bench.write('quants', planes.quants, place.secondQuants * 4);
  if (planes.scales.length > 0) bench.write('scales', planes.scales, place.secondScales);
  if (planes.high.length > 0) bench.write('scales', planes.high, place.secondHigh);
  return place;
}

/** `W x` in double precision, and what its roundings are measured against: `|W| |x|`. */
export function plainProduct(
  { values, rows, columns }: Pick<TestMatrix, 'values' | 'rows' | 'columns'>,
  x: ArrayLike<number>,
  firstRow = 0,
  rowCount = rows,
): { readonly product: Float64Array; readonly magnitude: Float64Array } {
  const product = new Float64Array(rowCount);
  const magnitude = new Float64Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    let sum = 0;
    let size = 0;
    for (let k = 0; k < columns; k++) {
      const term = (values[(firstRow + row) * columns + k] ?? 0) * (x[k] ?? 0);
      sum += term;
      size += Math.abs(term);
    }
    product[row] = sum;
    magnitude[row] = size;
  }
  return { product, magnitude };
}

/** Magnitude that minima take away again: a weight near 0 is the difference of two numbers as large as the block's range. */
const CANCELLATION: Partial<Record<BlockType, number>> = { Q4_1: 16, Q5_1: 16, Q4_K: 16, Q5_K: 16 };

/**
 * How far a product in single precision may be from the exact one.
 *
 * A weight is at most three roundings from the file's (scale times multiplier, times code, plus minimum), a product is one
 * more, and each of the `columns` additions one: relative to the sum of the products' magnitudes at most
 * `(columns + 4) * 2^-24`, in whatever order they are added (Higham, Accuracy and Stability of Numerical Algorithms, 3.1).
 * @param magnitude of `plainProduct`
 */
export function productBounds(type: BlockType, columns: number, magnitude: Float64Array): Float64Array {
  return magnitude.map((size) => size * (columns + 4 + (CANCELLATION[type] ?? 0)) * SINGLE_ROUNDING);
}
