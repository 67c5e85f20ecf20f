import { describe, expect, test } from 'vitest';
import { BLOCK_TYPES, type BlockType } from '../../native/kernels/blockType.ts';
import { KERNELS } from '../../native/kernels/catalog.ts';
import { Random } from '../support/random.ts';
import { onEachMachine } from './support/benches.ts';
import { expectWithin, HALF_ROUNDING, MOST_NMSE, SINGLE_ROUNDING } from './support/numericBounds.ts';
import { placeMatrix, plainProduct, productBounds, testMatrix } from './support/testMatrix.ts';

/** One token, one matrix, and nothing folded in. */
const ONE_MATRIX = {
  ...{ inputStride: 0, inputMatrixStride: 0, outputStride: 0, outputMatrixStride: 0 },
  ...{ residual: 0, norm: 0, bias: 0, epsilon: 0, matrixBlocks: 0 },
};
const PLAIN = { unitsPerLane: 1, hasNorm: false, hasBias: false, hasResidual: false };

onEachMachine((bench, machine) => {
  // Each kind of decoding once: with and without minimum, high bits, and super-blocks.
  const types: readonly BlockType[] = machine.isSecondOpinion ? ['Q4_0', 'Q5_K', 'Q6_K', 'F16'] : BLOCK_TYPES;
  describe.each(types)('weights of type %s', (type) => {
    // An odd number of blocks of 32 leaves half a word of scales.
    const columns = type.endsWith('_K') ? 512 : 160;
    const rows = 12;
    const matrix = testMatrix(new Random(1), type, rows, columns);

    test('are looked up as the file has them', async () => {
      const place = placeMatrix(bench(), matrix);
      const ids = [11, 0, 5];
      bench().write('state', Uint32Array.from(ids), 9);
      await bench().run({
        kernel: KERNELS.embed,
        blocks: type,
        parameters: { tokens: 9, output: 2, ...place, blocks: columns / 32, firstRow: 0, rows },
        workgroups: [ids.length, 1, 1],
      });
      const found = await bench().floats('arena', 8, ids.length * columns);
      const expected = ids.flatMap((id) => [...matrix.values.subarray(id * columns, (id + 1) * columns)]);
      const largest = Math.max(...matrix.values.map(Math.abs));
      expectWithin(found, expected, 4 * SINGLE_ROUNDING * 2 * largest);
    });

    test('multiply a vector', async () => {
      const x = new Random(2).normals(columns, 1);
      const place = placeMatrix(bench(), matrix);
      bench().write('arena', x, 16);
      await bench().run({
        kernel: KERNELS.matVec,
        blocks: type,
        constants: PLAIN,
        parameters: {
          ...{ ...ONE_MATRIX, ...place, blocks: columns / 32, rows },
          ...{ input: 4, output: 400 },
        },
        workgroups: [rows / 4, 1, 1],
      });
      const { product, magnitude } = plainProduct(matrix, x);
      const found = await bench().floats('arena', 1600, rows);
      expectWithin(found, product, productBounds(type, columns, magnitude), MOST_NMSE.quantized);
    });

    test('multiply a matrix', async () => {
      const tokens = 11;
      const x = new Random(3).normals(tokens * columns, 1);
      // One token is larger than a half can hold, as SwiGLU's inner values may be.
      for (let i = 0; i < columns; i++) x[5 * columns + i] = 1e5 * (x[5 * columns + i] ?? 0);
      const place = placeMatrix(bench(), matrix);
      bench().write('arena', x, 0);
      const output = (tokens * columns) / 4;
      await bench().run({
        kernel: KERNELS.matMat,
        workgroupSize: 4,
        blocks: type,
        constants: { side: 2, hasBias: false, hasResidual: false },
        parameters: {
          ...{ input: 0, inputStride: columns / 4, output, outputStride: rows / 4, residual: 0, bias: 0 },
          ...{ ...place, blocks: columns / 32, rows, tokens },
        },
        workgroups: [Math.ceil(rows / 8), Math.ceil(tokens / 8), 1],
      });
      const found = await bench().floats('arena', output * 4, tokens * rows);
      const hasHalves = !machine.without.includes('f16') && bench().device.features.has('f16');
      const isHalf = hasHalves && type !== 'F32' && type !== 'BF16';
      for (let token = 0; token < tokens; token++) {
        const { product, magnitude } = plainProduct(
          matrix,
          x.subarray(token * columns, (token + 1) * columns),
        );
        // With f16 weights are rounded to 11 bits on the way.
        const bounds = productBounds(type, columns, magnitude).map(
          (bound, row) => bound + (isHalf ? 1.001 * HALF_ROUNDING * (magnitude[row] ?? 0) : 0),
        );
        expectWithin(found.subarray(token * rows, (token + 1) * rows), product, bounds, MOST_NMSE.quantized);
      }
    });
  });

  // With codes, scales, minima and high bits; with multipliers of super-blocks; without scales.
  test.each(['Q5_1', 'Q6_K', 'F32'] as const)(
    'weights of type %s that lie over two buffers are read as one',
    async (type) => {
      const [rows, columns] = [12, 512];
      const matrix = testMatrix(new Random(1), type, rows, columns);
      const x = new Random(2).normals(columns, 1);
      const { quants, scales, high } = matrix.planes;
      // The middle of both: rows have their blocks on both sides.
      const bytes = Math.max(16, Math.floor(Math.max(quants.length, scales.length + high.length) / 8) * 16);
      const span = { quants: 2, scales: 2, bytes };
      const tables = Uint32Array.from([...scales, ...high]);
      const { queue } = bench().device.handle;
      for (const [name, words] of [
        ['quants', quants],
        ['scales', tables],
      ] as const) {
        const [further] = bench().further[name];
        if (further === undefined) throw new Error('there is a second buffer');
        // What lies behind the first buffer's end may not be read.
        bench().write(name, new Uint32Array(words.length).fill(0x7fc07fc0));
        bench().write(name, words.subarray(0, bytes / 4));
        if (words.length > bytes / 4) queue.writeBuffer(further, 0, words, bytes / 4);
      }
      bench().write('arena', x, 16);
      await bench().run({
        ...{ kernel: KERNELS.matVec, blocks: type, span, constants: PLAIN },
        parameters: {
          ...{ ...ONE_MATRIX, quants: 0, scales: 0, high: scales.length, blocks: columns / 32, rows },
          ...{ input: 4, output: 400 },
        },
        workgroups: [rows / 4, 1, 1],
      });
      const { product, magnitude } = plainProduct(matrix, x);
      const found = await bench().floats('arena', 1600, rows);
      expectWithin(found, product, productBounds(type, columns, magnitude), MOST_NMSE.quantized);
    },
  );

  test.each(['F32', 'BF16'] as const)(
    'weights of type %s may be larger than a half, also in tiles',
    async (type) => {
      const [rows, columns, tokens] = [8, 64, 8];
      const matrix = testMatrix(new Random(6), type, rows, columns, 1e6);
      const x = new Random(7).normals(tokens * columns, 1);
      const place = placeMatrix(bench(), matrix);
      bench().write('arena', x);
      await bench().run({
        ...{ kernel: KERNELS.matMat, workgroupSize: 4, blocks: type },
        constants: { side: 2, hasBias: false, hasResidual: false },
        parameters: {
          ...{
            input: 0,
            inputStride: columns / 4,
            output: 400,
            outputStride: rows / 4,
            residual: 0,
            bias: 0,
          },
          ...{ ...place, blocks: columns / 32, rows, tokens },
        },
        workgroups: [1, 1, 1],
      });
      const found = await bench().floats('arena', 1600, tokens * rows);
      for (let token = 0; token < tokens; token++) {
        const { product, magnitude } = plainProduct(
          matrix,
          x.subarray(token * columns, (token + 1) * columns),
        );
        const own = found.subarray(token * rows, (token + 1) * rows);
        expectWithin(own, product, productBounds(type, columns, magnitude), MOST_NMSE.quantized);
      }
    },
  );

  test('scales too small for a normal half float are not taken for 0', async () => {
    const columns = 64;
    const matrix = testMatrix(new Random(4), 'Q4_0', 4, columns, 1e-5);
    const x = new Float32Array(columns).fill(1);
    const place = placeMatrix(bench(), matrix);
    bench().write('arena', x);
    await bench().run({
      kernel: KERNELS.matVec,
      blocks: 'Q4_0',
      constants: PLAIN,
      parameters: {
        ...{ ...ONE_MATRIX, ...place, blocks: 2, rows: 4 },
        ...{ input: 0, output: 400 },
      },
      workgroups: [1, 1, 1],
    });
    const { product, magnitude } = plainProduct(matrix, x);
    expect(Math.max(...magnitude)).toBeGreaterThan(0);
    const found = await bench().floats('arena', 1600, 4);
    expectWithin(found, product, productBounds('Q4_0', columns, magnitude), MOST_NMSE.quantized);
  });
});
