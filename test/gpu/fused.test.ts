import { describe, expect, test } from 'vitest';
import type { BlockType } from '../../native/kernels/blockType.ts';
import { KERNELS } from '../../native/kernels/catalog.ts';
import { Random } from '../support/random.ts';
import { onEachMachine } from './support/benches.ts';
import { expectWithin, MOST_NMSE, normBound, SINGLE_ROUNDING } from './support/numericBounds.ts';
import { plainRmsNorm, plainSilu } from './support/plainKernels.ts';
import {
  placeMatrix,
  placeSecondMatrix,
  plainProduct,
  productBounds,
  testMatrix,
} from './support/testMatrix.ts';

const EPSILON = 1e-5;

onEachMachine((bench, machine) => {
  const random = new Random(5);
  const width = 160;
  const rows = 10;
  const tokens = 3;
  const matrix = testMatrix(random, 'Q4_0', rows, width);
  const x = random.normals(tokens * width, 1);
  const norm = random.normals(width, 0.1, 1);
  const bias = random.normals(12, 1);
  const residual = random.normals(tokens * 12, 1);
  const token = (values: Float32Array, index: number, length: number): Float32Array =>
    values.subarray(index * length, (index + 1) * length);

  describe.each(
    machine.isSecondOpinion
      ? [[8, 2]]
      : [
          [4, 4],
          [64, 1],
        ],
  )('with %i invocations and %i units each', (workgroupSize, unitsPerLane) => {
    test('a product takes norm, bias and residual with it, and leaves zeros behind its last row', async () => {
      const place = placeMatrix(bench(), matrix);
      bench().write('arena', x);
      bench().write('arena', residual, 4000);
      bench().write('vectors', norm, 8);
      bench().write('vectors', bias, 400);
      await bench().run({
        kernel: KERNELS.matVec,
        workgroupSize,
        blocks: 'Q4_0',
        constants: { unitsPerLane, hasNorm: true, hasBias: true, hasResidual: true },
        parameters: {
          ...{ input: 0, inputStride: width / 4, inputMatrixStride: 0 },
          ...{ output: 1000, outputStride: 3, outputMatrixStride: 0, residual: 1000, ...place },
          ...{ blocks: width / 32, rows, matrixBlocks: 0, norm: 2, bias: 100, epsilon: EPSILON },
        },
        workgroups: [3, tokens, 1],
      });
      const found = await bench().floats('arena', 4000, tokens * 12);
      for (let t = 0; t < tokens; t++) {
        const normed = plainRmsNorm(token(x, t, width), norm, EPSILON);
        const { product, magnitude } = plainProduct(matrix, normed);
        const expected = product.map((y, row) => y + (bias[row] ?? 0) + (residual[t * 12 + row] ?? 0));
        const bounds = productBounds('Q4_0', width, magnitude).map(
          (bound, row) => bound + (magnitude[row] ?? 0) * normBound(width) + 8 * SINGLE_ROUNDING,
        );
        expectWithin(found.subarray(t * 12, t * 12 + rows), expected, bounds, MOST_NMSE.quantized);
        expect([...found.subarray(t * 12 + rows, (t + 1) * 12)]).toEqual([0, 0]);
      }
    });

    // Of one type they lie one behind the other, of two somewhere.
    test.each([
      ['one type', 'Q4_0', 'Q4_0'],
      ['two types', 'Q4_0', 'Q5_1'],
    ] as const)('gate and up of %s meet in one dispatch', async (_, type, upType) => {
      const inner = 8;
      const gates = testMatrix(new Random(6), type, inner, width, 0.3);
      const ups = testMatrix(new Random(10), upType, inner, width, 0.3);
      const place = placeMatrix(bench(), gates);
      const second = placeSecondMatrix(bench(), ups);
      bench().write('arena', x);
      bench().write('vectors', norm, 8);
      await bench().run({
        kernel: KERNELS.gateUp,
        workgroupSize,
        blocks: type,
        secondBlocks: upType,
        constants: { unitsPerLane, hasNorm: true },
        parameters: {
          ...{ input: 0, inputStride: width / 4, output: 1000, outputStride: inner / 4, ...place, ...second },
          ...{ blocks: width / 32, norm: 2, epsilon: EPSILON },
        },
        workgroups: [inner / 4, tokens, 1],
      });
      const found = await bench().floats('arena', 4000, tokens * inner);
      for (let t = 0; t < tokens; t++) {
        const normed = plainRmsNorm(token(x, t, width), norm, EPSILON);
        const gate = plainProduct(gates, normed);
        const up = plainProduct(ups, normed);
        const error = (each: BlockType, { magnitude }: typeof gate): Float64Array =>
          productBounds(each, width, magnitude).map(
            (bound, row) => bound + (magnitude[row] ?? 0) * normBound(width),
          );
        const [gateError, upError] = [error(type, gate), error(upType, up)];
        const expected = gate.product.map((g, row) => plainSilu(g) * (up.product[row] ?? 0));
        // silu rises by at most 1.1; exp is right to 3 + 2 |x| units, a quotient to 2.5 (WGSL, 15.7.4).
        const bounds = gate.product.map(
          (g, row) =>
            1.1 * (gateError[row] ?? 0) * Math.abs(up.product[row] ?? 0) +
            Math.abs(plainSilu(g)) * (upError[row] ?? 0) +
            Math.abs(expected[row] ?? 0) * (2 * Math.abs(g) + 8) * 2 * SINGLE_ROUNDING,
        );
        expectWithin(found.subarray(t * inner, (t + 1) * inner), expected, bounds, MOST_NMSE.quantized);
      }
    });
  });

  // A type with high bits and one whose text has a function besides, each in both places.
  const pairs: readonly (readonly [BlockType, BlockType])[] = [
    ['Q5_0', 'BF16'],
    ['BF16', 'Q8_0'],
  ];
  test.each(machine.isSecondOpinion ? pairs.slice(1) : pairs)(
    'two matrices, of %s and %s, have one input',
    async (...types) => {
      const [one, other] = [12, 8];
      const both = [
        testMatrix(new Random(8), types[0], one, width),
        testMatrix(new Random(9), types[1], other, width),
      ] as const;
      const place = placeMatrix(bench(), both[0]);
      const second = placeSecondMatrix(bench(), both[1]);
      bench().write('arena', x);
      bench().write('vectors', norm, 8);
      bench().write('vectors', random.normals(one + other, 1), 400);
      const biases = await bench().floats('vectors', 400, one + other);
      await bench().run({
        kernel: KERNELS.matVecPair,
        blocks: types[0],
        secondBlocks: types[1],
        constants: { unitsPerLane: 2, hasBias: true },
        parameters: {
          ...{ input: 0, inputStride: width / 4, output: 1000, outputStride: (one + other) / 4, ...place },
          ...{ ...second, blocks: width / 32, rows: one, norm: 2, bias: 100, epsilon: EPSILON },
        },
        workgroups: [(one + other) / 4, tokens, 1],
      });
      const found = await bench().floats('arena', 4000, tokens * (one + other));
      for (let t = 0; t < tokens; t++) {
        const normed = plainRmsNorm(token(x, t, width), norm, EPSILON);
        let from = 0;
        for (const each of both) {
          const { product, magnitude } = plainProduct(each, normed);
          const expected = product.map((y, row) => y + (biases[from + row] ?? 0));
          const bounds = productBounds(each.type, width, magnitude).map(
            (bound, row) => bound + (magnitude[row] ?? 0) * normBound(width) + 8 * SINGLE_ROUNDING,
          );
          const at = t * (one + other) + from;
          expectWithin(found.subarray(at, at + each.rows), expected, bounds, MOST_NMSE.quantized);
          from += each.rows;
        }
      }
    },
  );

  test('matrices of one shape lie side by side, each with inputs of its own', async () => {
    const heads = 3;
    const stacked = testMatrix(new Random(7), 'Q8_0', heads * 8, 64);
    const inputs = random.normals(heads * 64, 1);
    const place = placeMatrix(bench(), stacked);
    bench().write('arena', inputs);
    await bench().run({
      kernel: KERNELS.matVec,
      blocks: 'Q8_0',
      constants: { unitsPerLane: 1, hasNorm: false, hasBias: false, hasResidual: false },
      parameters: {
        ...{ input: 0, inputStride: 0, inputMatrixStride: 16, output: 1000, outputStride: 0 },
        ...{ outputMatrixStride: 2, residual: 0, ...place, blocks: 2, rows: 8, matrixBlocks: 16 },
        ...{ norm: 0, bias: 0, epsilon: 0 },
      },
      workgroups: [2, 1, heads],
    });
    const found = await bench().floats('arena', 4000, heads * 8);
    for (let head = 0; head < heads; head++) {
      const { product, magnitude } = plainProduct(stacked, token(inputs, head, 64), head * 8, 8);
      const bounds = productBounds('Q8_0', 64, magnitude);
      expectWithin(found.subarray(head * 8, head * 8 + 8), product, bounds, MOST_NMSE.quantized);
    }
  });

  test('a product of many tokens takes bias and residual with it, and leaves zeros behind its last row', async () => {
    const place = placeMatrix(bench(), matrix);
    bench().write('arena', x);
    bench().write('arena', residual, 4000);
    bench().write('vectors', bias, 400);
    await bench().run({
      kernel: KERNELS.matMat,
      workgroupSize: 16,
      blocks: 'Q4_0',
      constants: { side: 4, hasBias: true, hasResidual: true },
      parameters: {
        ...{ input: 0, inputStride: width / 4, output: 1000, outputStride: 3, residual: 1000, ...place },
        ...{ blocks: width / 32, rows, tokens, bias: 100 },
      },
      workgroups: [1, 1, 1],
    });
    const found = await bench().floats('arena', 4000, tokens * 12);
    for (let t = 0; t < tokens; t++) {
      const { product, magnitude } = plainProduct(matrix, token(x, t, width));
      const expected = product.map((y, row) => y + (bias[row] ?? 0) + (residual[t * 12 + row] ?? 0));
      // 2^-11 where weights are half floats in tiles.
      const bounds = magnitude.map((size) => size * (1.001 * 2 ** -11 + width * SINGLE_ROUNDING) + 1e-6);
      expectWithin(found.subarray(t * 12, t * 12 + rows), expected, bounds, MOST_NMSE.quantized);
      expect([...found.subarray(t * 12 + rows, (t + 1) * 12)]).toEqual([0, 0]);
    }
  });

  test('RMSNorm adds a residual and keeps the sum', async () => {
    bench().write('arena', x);
    bench().write(
      'arena',
      x.map((value) => value / 3),
      1000,
    );
    bench().write('vectors', norm, 8);
    await bench().run({
      kernel: KERNELS.rmsNorm,
      constants: { hasResidual: true },
      parameters: {
        ...{ input: 0, inputStride: width / 4, residual: 250, sum: 250, output: 500, norm: 2 },
        ...{ width4: width / 4, epsilon: EPSILON },
      },
      workgroups: [tokens, 1, 1],
    });
    const sums = await bench().floats('arena', 1000, tokens * width);
    const found = await bench().floats('arena', 2000, tokens * width);
    const expectedSums = x.map((value) => Math.fround(value + Math.fround(value / 3)));
    expect([...sums]).toEqual([...expectedSums]);
    for (let t = 0; t < tokens; t++) {
      const expected = plainRmsNorm(token(expectedSums, t, width), norm, EPSILON);
      const bounds = expected.map((value) => Math.abs(value) * normBound(width));
      expectWithin(token(found, t, width), expected, bounds);
    }
  });

  test('RMSNorm works in place, and a row of zeros stays zeros', async () => {
    const input = x.slice();
    input.fill(0, width, 2 * width);
    bench().write('arena', input);
    bench().write('vectors', norm, 8);
    await bench().run({
      kernel: KERNELS.rmsNorm,
      constants: { hasResidual: false },
      parameters: {
        ...{ input: 0, inputStride: width / 4, residual: 0, sum: 0, output: 0, norm: 2, width4: width / 4 },
        epsilon: EPSILON,
      },
      workgroups: [tokens, 1, 1],
    });
    const found = await bench().floats('arena', 0, tokens * width);
    for (let t = 0; t < tokens; t++) {
      const expected = plainRmsNorm(token(input, t, width), norm, EPSILON);
      expectWithin(
        token(found, t, width),
        expected,
        expected.map((value) => Math.abs(value) * normBound(width)),
      );
    }
  });

  test('SwiGLU of many tokens, and where exp overflows', async () => {
    const inner = 24;
    const input = random.normals(tokens * 2 * inner, 2);
    input.set([-200, 200, -90, 90]);
    bench().write('arena', input);
    await bench().run({
      kernel: KERNELS.swiGlu,
      parameters: { input: 0, output: 1000, outputStride: inner / 4, width4: inner / 4 },
      workgroups: [tokens, 1, 1],
    });
    const found = await bench().floats('arena', 4000, tokens * inner);
    const gates = Array.from(
      { length: tokens * inner },
      (_, i) => input[i + Math.floor(i / inner) * inner] ?? 0,
    );
    const expected = gates.map(
      (g, i) => plainSilu(g) * (input[i + (Math.floor(i / inner) + 1) * inner] ?? 0),
    );
    // exp is right to 3 + 2 |x| units, a quotient to 2.5; below the least normal single everything may be 0.
    const bounds = expected.map(
      (y, i) => Math.abs(y) * (2 * Math.abs(gates[i] ?? 0) + 8) * 2 ** -23 + 2 ** -120,
    );
    expectWithin(found, expected, bounds);
  });
});
