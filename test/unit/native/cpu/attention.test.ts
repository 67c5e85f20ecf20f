import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuLibrary } from '../../../../native/cpu/library.ts';
import { openOperators } from '../../../../native/cpu/operators.ts';
import { openRuntime } from '../../../../native/onnxruntime/openRuntime.ts';
import type { OrtRuntime } from '../../../../native/onnxruntime/runtime.ts';
import { cpuLibrary } from '../../../support/cpuLibrary.ts';
import { Random } from '../../../support/random.ts';
import { AttentionOperator, halfValue, type AttentionShape } from './attentionOperator.ts';
import { attendedTwin, enteredTwin } from './attentionTwin.ts';
import { haveSameBits } from './haveSameBits.ts';

let library: CpuLibrary;
let runtime: OrtRuntime;
const operators: AttentionOperator[] = [];

beforeAll(async () => {
  library = await cpuLibrary();
  runtime = await openRuntime({ threads: 2, binding: 'c-api' });
  runtime.addOperators(await openOperators());
});
afterAll(async () => {
  for (const operator of operators) await operator.dispose();
  runtime.dispose();
});

async function attention(shape: Partial<AttentionShape> = {}): Promise<AttentionOperator> {
  const operator = await AttentionOperator.create(runtime, shape);
  operators.push(operator);
  return operator;
}

/** `tokens` rows of query, key and value. */
function randomRows({ shape }: AttentionOperator, tokens: number, seed = 7): Float32Array<ArrayBuffer> {
  const { queryHeads, kvHeads, headDim } = shape;
  return Float32Array.from(new Random(seed).normals(tokens * (queryHeads + 2 * kvHeads) * headDim, 1));
}

/** Shapes of models, and each size that a tile or a register could be filled to. */
const SHAPES: readonly Partial<AttentionShape>[] = [
  { queryHeads: 12, kvHeads: 2, headDim: 128 },
  { queryHeads: 9, kvHeads: 3, headDim: 64, layout: 'interleaved' },
  { queryHeads: 4, kvHeads: 2, headDim: 128, norms: true },
  { queryHeads: 4, kvHeads: 4, headDim: 32, rotaryDim: 16 },
  { queryHeads: 8, kvHeads: 2, headDim: 80, rotaryDim: 32, layout: 'interleaved', norms: true },
  { queryHeads: 10, kvHeads: 2, headDim: 96 },
  { queryHeads: 7, kvHeads: 1, headDim: 40, rotaryDim: 20 },
  { queryHeads: 16, kvHeads: 2, headDim: 48 },
  { queryHeads: 1, kvHeads: 1, headDim: 2, norms: true },
];
const named = (shape: Partial<AttentionShape>): string =>
  Object.entries(shape)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

describe.each(SHAPES.map((shape) => [named(shape), shape] as const))('attention of %s', (_, shape) => {
  it('keeps values and turned keys as half floats', async () => {
    const operator = await attention(shape);
    const x = randomRows(operator, 20);
    const cache = operator.cache(40);
    await operator.run(cache, 0, x.subarray(0, (x.length / 20) * 3));
    await operator.run(cache, 3, x.subarray((x.length / 20) * 3));
    const { keys, values } = enteredTwin(operator.shape, x);
    let worst = 0;
    for (const [position, heads] of keys.entries()) {
      for (const [head, key] of heads.entries()) {
        // A half rounds to 2^-11 of itself; turning a pair rounds four times, to 2^-24 of what is in it each, and a norm as often as
        // it has terms.
        const length = Math.hypot(...key);
        const slack = (operator.shape.headDim + 8) * 2 ** -24 * length;
        key.forEach((value, i) => {
          const kept = halfValue(cache.keyAt(head, position, i));
          worst = Math.max(worst, Math.abs(kept - value) / (2 ** -11 * Math.abs(value) + slack + 2 ** -25));
        });
        values[position]?.[head]?.forEach((value, i) => {
          const kept = halfValue(cache.valueAt(head, position, i));
          worst = Math.max(worst, Math.abs(kept - value) / (2 ** -11 * Math.abs(value) + 2 ** -25));
        });
      }
    }
    expect(keys).toHaveLength(20);
    expect(worst).toBeLessThanOrEqual(1);
    expect(worst).toBeGreaterThan(0);
  });

  it('weighs what the cache holds as doubles do', async () => {
    const operator = await attention(shape);
    const tokens = 131;
    const x = randomRows(operator, tokens);
    const cache = operator.cache(tokens);
    const y = await operator.run(cache, 0, x);
    for (const position of [0, 16, 127, 128, 130]) {
      const { expected, tolerance } = attendedTwin(operator.shape, x, cache, position);
      const found = y.subarray(position * operator.outputs, (position + 1) * operator.outputs);
      const errors = [...found].map((value, i) => Math.abs(value - (expected[i] ?? NaN)));
      expect(errors.filter((error, i) => !(error <= (tolerance[i] ?? NaN)))).toEqual([]);
      // The bound is none that anything would pass.
      expect(Math.max(...tolerance)).toBeLessThan(2e-3);
    }
  });

  it('gives a row the same bits whatever is beside it, in pieces of any size', async () => {
    const operator = await attention(shape);
    const tokens = 300;
    const x = randomRows(operator, tokens);
    const whole = operator.cache(tokens);
    const expected = await operator.run(whole, 0, x);
    const columns = x.length / tokens;
    // Around the borders of panels (16) and blocks (128), and rows enough for every cut of work.
    for (const sizes of [
      [127, 1, 1, 127, 1, 1, 42],
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 147],
      [256, 8, 36],
    ]) {
      const cache = operator.cache(tokens);
      let past = 0;
      for (const size of sizes) {
        const y = await operator.run(cache, past, x.subarray(past * columns, (past + size) * columns));
        const wanted = expected.subarray(past * operator.outputs, (past + size) * operator.outputs);
        expect(haveSameBits(y, wanted), `${size} tokens behind ${past}`).toBe(true);
        past += size;
      }
      expect(past).toBe(tokens);
      expect(haveSameBits(cache.keys, whole.keys)).toBe(true);
      expect(haveSameBits(cache.values, whole.values)).toBe(true);
    }
  });

  it('gives the same bits with every instruction set', async () => {
    const operator = await attention(shape);
    const tokens = 141;
    const x = randomRows(operator, tokens);
    const columns = x.length / tokens;
    const run = async (): Promise<readonly (Float32Array | Uint16Array)[]> => {
      const cache = operator.cache(tokens);
      const first = await operator.run(cache, 0, x.subarray(0, 140 * columns));
      return [first, await operator.run(cache, 140, x.subarray(140 * columns)), cache.keys, cache.values];
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

describe('what stands behind a row in the cache', () => {
  it('is not looked at, be it another text or no number at all', async () => {
    const operator = await attention({ queryHeads: 6, kvHeads: 2, headDim: 64 });
    const x = randomRows(operator, 150);
    const columns = x.length / 150;
    const fresh = operator.cache(160);
    const used = operator.cache(160);
    used.keys.fill(0x7e00); // NaN
    used.values.fill(0x7c00); // infinity
    for (const [past, end] of [
      [0, 130],
      [130, 131],
      [131, 150],
    ] as const) {
      const rows = x.subarray(past * columns, end * columns);
      const [found, wanted] = [await operator.run(used, past, rows), await operator.run(fresh, past, rows)];
      expect(haveSameBits(found, wanted)).toBe(true);
    }
    const others = randomRows(operator, 20, 8);
    await operator.run(used, 140, others);
    const last = x.subarray(140 * columns);
    const [found, wanted] = [await operator.run(used, 140, last), await operator.run(fresh, 140, last)];
    expect(haveSameBits(found, wanted)).toBe(true);
  });
});

describe('numbers out of the ordinary', () => {
  const one = { queryHeads: 1, kvHeads: 1, headDim: 16 } as const;

  it('a value that no half holds becomes the largest one', async () => {
    const operator = await attention(one);
    const x = new Float32Array(48);
    x.set([1e6, -1e6, 65519, -65504.5], 32);
    expect([...(await operator.run(operator.cache(1), 0, x)).slice(0, 4)]).toEqual([
      65504, -65504, 65504, -65504,
    ]);
  });

  it('what is not a number reaches the rows that see it and no other', async () => {
    const operator = await attention(one);
    const x = randomRows(operator, 30);
    const expected = await operator.run(operator.cache(30), 0, x);
    const spoilt = x.slice();
    spoilt[20 * 48 + 32] = NaN; // the value of token 20
    const y = await operator.run(operator.cache(30), 0, spoilt);
    expect(y.slice(0, 20 * 16)).toEqual(expected.slice(0, 20 * 16));
    for (let token = 20; token < 30; token++) expect(y[token * 16]).toBeNaN();
    spoilt.set(x);
    spoilt[20 * 48 + 16] = NaN; // its key
    const z = await operator.run(operator.cache(30), 0, spoilt);
    expect(z.slice(0, 20 * 16)).toEqual(expected.slice(0, 20 * 16));
    expect(z.slice(20 * 16).every(Number.isNaN)).toBe(true);
  });

  it('scores far apart leave the largest alone', async () => {
    const operator = await attention({ ...one, scale: 1 });
    const x = new Float32Array(150 * 48);
    for (let token = 0; token < 150; token++) x[token * 48 + 32] = token;
    // Dimension 8 turns slowest: next to nothing over 150 positions.
    for (let token = 0; token < 150; token++) {
      x[token * 48 + 7] = 100;
      x[token * 48 + 16 + 7] = token === 3 ? 100 : -100;
    }
    const y = await operator.run(operator.cache(150), 0, x);
    expect(y[149 * 16]).toBe(3);
  });

  it('no tokens are none', async () => {
    const operator = await attention(one);
    expect(await operator.run(operator.cache(4), 2, new Float32Array(0))).toEqual(new Float32Array(0));
  });
});

describe('attention refuses', () => {
  const failed = { code: 'failed' };

  it('positions that the cache has no room for, and changes nothing', async () => {
    const operator = await attention();
    const cache = operator.cache(16);
    const x = randomRows(operator, 4);
    for (const past of [-1, 13, 16, 2 ** 40])
      await expect(operator.run(cache, past, x)).rejects.toMatchObject(failed);
    expect(cache.keys.every((half) => half === 0)).toBe(true);
    await operator.run(cache, 12, x);
  });

  it('positions that the rotation has no angles for', async () => {
    const operator = await attention();
    const cache = operator.cache(32);
    await expect(operator.run(cache, 10, randomRows(operator, 1), { positions: 10 })).rejects.toMatchObject(
      failed,
    );
    await operator.run(cache, 9, randomRows(operator, 1), { positions: 10 });
  });

  it('inputs that are not query, key and value of its heads', async () => {
    const operator = await attention();
    const x = randomRows(operator, 3);
    await expect(operator.run(operator.cache(16), 0, x, { columns: x.length })).rejects.toMatchObject(failed);
  });

  it.each([
    ['panels of other than 16 keys', { keys: [2, 2, 32, 8] }],
    ['keys without heads', { keys: [0, 1, 32, 16] }],
    ['values of another width', { values: [2, 16, 48] }],
    ['values with room for other positions', { values: [2, 32, 32] }],
    ['a cache whose input and output are two', { splitsCache: true }],
  ] as const)('%s', async (_, damage) => {
    const operator = await attention();
    await expect(operator.run(operator.cache(16), 0, randomRows(operator, 1), damage)).rejects.toMatchObject(
      failed,
    );
  });

  it('a norm of another length than a head', async () => {
    const operator = await attention({ norms: true, normLength: 16 });
    const run = operator.run(operator.cache(16), 0, randomRows(operator, 1));
    await expect(run).rejects.toMatchObject(failed);
  });

  it('heads that cannot be shared out, or are too wide', async () => {
    for (const shape of [
      { queryHeads: 3, kvHeads: 2 },
      { queryHeads: 1, kvHeads: 1, headDim: 1024 },
      { queryHeads: 1, kvHeads: 1, headDim: 16, rotaryDim: 32 },
    ]) {
      const operator = await attention(shape);
      await expect(
        operator.run(operator.cache(16), 0, randomRows(operator, 1)),
        named(shape),
      ).rejects.toMatchObject(failed);
    }
  });

  it('to be made without query heads', async () => {
    await expect(attention({ queryHeads: 0 })).rejects.toMatchObject(failed);
  });
});
