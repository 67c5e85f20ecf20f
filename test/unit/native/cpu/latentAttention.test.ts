import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuLibrary } from '../../../../native/cpu/library.ts';
import { openOperators } from '../../../../native/cpu/operators.ts';
import { openRuntime } from '../../../../native/onnxruntime/openRuntime.ts';
import type { OrtRuntime } from '../../../../native/onnxruntime/runtime.ts';
import { cpuLibrary } from '../../../support/cpuLibrary.ts';
import { Random } from '../../../support/random.ts';
import { halfValue } from './attentionOperator.ts';
import { haveSameBits } from './haveSameBits.ts';
import { LatentOperator, type LatentOptions } from './latentOperator.ts';
import { latentRowTwin, latentTwin } from './latentTwin.ts';

let library: CpuLibrary;
let runtime: OrtRuntime;
const operators: LatentOperator[] = [];

beforeAll(async () => {
  library = await cpuLibrary();
  runtime = await openRuntime({ threads: 2, binding: 'c-api' });
  runtime.addOperators(await openOperators());
});
afterAll(async () => {
  for (const operator of operators) await operator.dispose();
  runtime.dispose();
});

async function latentAttention(
  options: Parameters<typeof LatentOperator.create>[1] = {},
): Promise<LatentOperator> {
  const operator = await LatentOperator.create(runtime, options);
  operators.push(operator);
  return operator;
}

function randomRows({ columns }: LatentOperator, tokens: number, seed = 7): Float32Array<ArrayBuffer> {
  return Float32Array.from(new Random(seed).normals(tokens * columns, 1));
}

/** The embedded model's, a head of DeepSeek's, and sizes that fill neither panels nor registers. */
const SHAPES: readonly Partial<LatentOptions>[] = [
  { heads: 6, rank: 64, plainDim: 32, rotaryDim: 16, valueDim: 32, isApart: true },
  { heads: 2, rank: 512, plainDim: 128, rotaryDim: 64, valueDim: 128, layout: 'interleaved' },
  { heads: 5, rank: 40, plainDim: 24, rotaryDim: 6, valueDim: 20 },
  { heads: 1, rank: 3, plainDim: 1, rotaryDim: 2, valueDim: 1, layout: 'interleaved', isApart: true },
];
const named = (shape: object): string =>
  Object.entries(shape)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');

describe.each(SHAPES.map((shape) => [named(shape), shape] as const))('latent attention of %s', (_, shape) => {
  it('keeps the normed latent and the rotated key as half floats', async () => {
    const operator = await latentAttention(shape);
    const { rank, rotaryDim } = operator.shape;
    const x = randomRows(operator, 20);
    const cache = operator.cache(40);
    await operator.run(cache, 0, x.subarray(0, 3 * operator.columns));
    await operator.run(cache, 3, x.subarray(3 * operator.columns));
    let worst = 0;
    for (let position = 0; position < 20; position++) {
      const row = latentRowTwin(operator.shape, x, position);
      // A half rounds to 2^-11 of itself; a norm rounds as often as it has terms, and turning a pair four times what is in it.
      const slack = (rank + 8) * 2 ** -24 * Math.hypot(...row) + 2 ** -25;
      row.forEach((value, i) => {
        const error = Math.abs(halfValue(cache.keyAt(position, i)) - value);
        worst = Math.max(worst, error / (2 ** -11 * Math.abs(value) + slack));
      });
      expect(row).toHaveLength(rank + rotaryDim);
    }
    expect(worst).toBeLessThanOrEqual(1);
    expect(worst).toBeGreaterThan(0);
  });

  it('gives the values of what the cache holds as doubles do', async () => {
    const operator = await latentAttention(shape);
    const tokens = 131;
    const x = randomRows(operator, tokens);
    const cache = operator.cache(tokens);
    const y = await operator.run(cache, 0, x);
    for (const position of [0, 16, 127, 128, 130]) {
      const { expected, tolerance } = latentTwin(operator.shape, x, cache, position);
      const found = y.subarray(position * operator.outputs, (position + 1) * operator.outputs);
      const errors = [...found].map((value, i) => Math.abs(value - (expected[i] ?? NaN)));
      expect(errors.filter((error, i) => !(error <= (tolerance[i] ?? NaN)))).toEqual([]);
      expect(found).toHaveLength(expected.length);
      // The bound is none that anything would pass: values are about 1, and of the widest shape two thousand magnitudes add up.
      expect(Math.max(...tolerance)).toBeLessThan(0.2);
    }
  });

  it('gives a row the same bits whatever is beside it, in pieces of any size', async () => {
    const operator = await latentAttention(shape);
    const tokens = 300;
    const x = randomRows(operator, tokens);
    const whole = operator.cache(tokens);
    const expected = await operator.run(whole, 0, x);
    // Around the borders of panels (16), tiles (8, 32) and blocks (128).
    for (const sizes of [
      [127, 1, 1, 127, 1, 1, 42],
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 33, 114],
      [256, 8, 36],
    ]) {
      const cache = operator.cache(tokens);
      let past = 0;
      for (const size of sizes) {
        const rows = x.subarray(past * operator.columns, (past + size) * operator.columns);
        const y = await operator.run(cache, past, rows);
        const wanted = expected.subarray(past * operator.outputs, (past + size) * operator.outputs);
        expect(haveSameBits(y, wanted), `${size} tokens behind ${past}`).toBe(true);
        past += size;
      }
      expect(past).toBe(tokens);
      expect(haveSameBits(cache.keys, whole.keys)).toBe(true);
    }
  });

  it('gives the same bits with every instruction set', async () => {
    const operator = await latentAttention(shape);
    const tokens = 141;
    const x = randomRows(operator, tokens);
    const split = 140 * operator.columns;
    const run = async (): Promise<readonly (Float32Array | Uint16Array)[]> => {
      const cache = operator.cache(tokens);
      const first = await operator.run(cache, 0, x.subarray(0, split));
      return [first, await operator.run(cache, 140, x.subarray(split)), cache.keys];
    };
    try {
      library.forceIsa('scalar');
      const expected = await run();
      for (const isa of library.usableIsas()) {
        library.forceIsa(isa);
        (await run()).forEach((found, part) => {
          const wanted = expected[part] ?? new Float32Array();
          expect(haveSameBits(found, wanted), `part ${part} with ${isa}`).toBe(true);
        });
      }
    } finally {
      library.forceIsa(undefined);
    }
  });
});

describe('latent attention', () => {
  it('does not look at what stands behind a row in the cache', async () => {
    const operator = await latentAttention();
    const x = randomRows(operator, 150);
    const [fresh, used] = [operator.cache(160), operator.cache(160)];
    used.keys.fill(0x7e00); // NaN
    for (const [past, end] of [
      [0, 130],
      [130, 131],
      [131, 150],
    ] as const) {
      const rows = x.subarray(past * operator.columns, end * operator.columns);
      const [found, wanted] = [await operator.run(used, past, rows), await operator.run(fresh, past, rows)];
      expect(haveSameBits(found, wanted)).toBe(true);
    }
  });

  it.each([1, 7, 40])(
    'gives the last %i of some tokens what they get among all, and enters all',
    async (queryTokens) => {
      const operator = await latentAttention({ isApart: true });
      const x = randomRows(operator, 170);
      const [whole, last] = [operator.cache(170), operator.cache(170)];
      for (const cache of [whole, last]) await operator.run(cache, 0, x.subarray(0, 130 * operator.columns));
      const rows = x.subarray(130 * operator.columns);
      const expected = await operator.run(whole, 130, rows);
      const found = await operator.run(last, 130, rows, { queryTokens });
      expect(haveSameBits(found, expected.subarray(-queryTokens * operator.outputs))).toBe(true);
      expect(haveSameBits(last.keys, whole.keys)).toBe(true);
    },
  );

  it('computes no tokens', async () => {
    const operator = await latentAttention();
    expect(
      await operator.run(operator.cache(4), 2, new Float32Array(0), { columns: operator.columns }),
    ).toEqual(new Float32Array(0));
  });
});

describe('latent attention refuses', () => {
  const failed = { code: 'failed' };

  it('positions that the cache has no room for, and changes nothing', async () => {
    const operator = await latentAttention();
    const cache = operator.cache(16);
    const x = randomRows(operator, 4);
    for (const past of [-1, 13, 16, 2 ** 40])
      await expect(operator.run(cache, past, x)).rejects.toMatchObject(failed);
    expect(cache.keys.every((half) => half === 0)).toBe(true);
    await operator.run(cache, 12, x);
  });

  it('positions that the rotation has no angles for', async () => {
    const operator = await latentAttention();
    const [cache, x] = [operator.cache(32), randomRows(operator, 1)];
    await expect(operator.run(cache, 10, x, { positions: 10 })).rejects.toMatchObject(failed);
    await operator.run(cache, 9, x, { positions: 10 });
  });

  it.each([
    ['panels of other than 16 keys', { keys: [2, 40, 8] }],
    ['keys of another width', { keys: [1, 48, 16] }],
    ['a cache whose input and output are two', { splitsCache: true }],
  ] as const)('%s', async (_, damage) => {
    const operator = await latentAttention();
    const run = operator.run(operator.cache(16), 0, randomRows(operator, 1), damage);
    await expect(run).rejects.toMatchObject(failed);
  });

  it('an input that is not queries, latent and key of its heads', async () => {
    const operator = await latentAttention();
    const x = randomRows(operator, 2);
    await expect(operator.run(operator.cache(16), 0, x, { columns: x.length })).rejects.toMatchObject(failed);
  });

  it('queries of more tokens than there are', async () => {
    const operator = await latentAttention({ isApart: true });
    const run = operator.run(operator.cache(16), 0, randomRows(operator, 2), { queryTokens: 3 });
    await expect(run).rejects.toMatchObject(failed);
  });

  it.each(['keyUp', 'valueUp'] as const)('a %s that is not in panels', async (wrongMatrix) => {
    const operator = await latentAttention({ wrongMatrix });
    const run = operator.run(operator.cache(16), 0, randomRows(operator, 1));
    await expect(run).rejects.toMatchObject(failed);
  });

  it('a latent that is too wide', async () => {
    const operator = await latentAttention({ heads: 1, rank: 528 });
    const run = operator.run(operator.cache(16), 0, randomRows(operator, 1));
    await expect(run).rejects.toMatchObject(failed);
  });

  it('to be made without values', async () => {
    await expect(latentAttention({ valueDim: 0 })).rejects.toMatchObject(failed);
  });
});
