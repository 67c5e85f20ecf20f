import { expect, test } from 'vitest';
import { KERNELS } from '../../native/kernels/catalog.ts';
import { cacheBytesPerNumber, cacheCodeBits, type CacheType } from '../../native/kernels/cacheType.ts';
import { ropeTable } from '../../native/kernels/ropeTable.ts';
import { agrees, compareLogits } from '../../src/engine/backends/choice/compareLogits.ts';
import { createGpuBackend } from '../../src/engine/backends/gpu/gpuBackend.ts';
import { ropeFrequencies } from '../../src/models/rope.ts';
import type { RopeSpec } from '../../src/models/spec.ts';
import { Random } from '../support/random.ts';
import { rotate } from '../support/referenceRope.ts';
import { withTinyModel } from '../unit/engine/onnx/tinyBackend.ts';
import { attend } from './support/plainAttention.ts';
import { onEachMachine } from './support/benches.ts';
import { expectWithin, HALF_ROUNDING, SINGLE_ROUNDING } from './support/numericBounds.ts';
import { plainRmsNorm } from './support/plainKernels.ts';
import { asStored, codeBounds, readCache, writeCache } from './support/testCache.ts';

const ROPE: RopeSpec = { dimensions: 32, base: 10_000, layout: 'halves', scaling: { kind: 'none' } };
const EPSILON = 1e-6;
const CAPACITY = 12;
const TYPES: readonly CacheType[] = ['q8', 'q4'];

/** 32 normal numbers range over 7 deviations at most; a step of that has an error of step / sqrt(12). */
const mostError = (type: CacheType): number => (7 / (2 ** (cacheCodeBits(type) ?? NaN) - 1)) ** 2 / 12;

test('a cache in 8 bits takes 9 bits a number, one in 4 bits takes 5', () => {
  expect(TYPES.map((type) => 8 * cacheBytesPerNumber(type))).toEqual([9, 5]);
});

/** What single precision makes of a number before it is rounded to codes: a rotation, and a norm over so many. */
function withCodes(type: CacheType, values: Float64Array, normed: number): Float64Array {
  const largest = Math.max(...values.map(Math.abs));
  const single = (6 + normed / 2 + 8) * SINGLE_ROUNDING * 2 * largest;
  // Both ends of a block's range move by that, and with them everything between.
  return codeBounds(type, values).map((bound) => bound + 3 * single);
}

onEachMachine((bench, machine) => {
  test.each(TYPES)('keys and values are stored in %s, and rows beside them left alone', async (type) => {
    const [queryHeads, kvHeads, headDim, tokens, position] = [2, 2, 64, 2, 5];
    const heads = queryHeads + 2 * kvHeads;
    const random = new Random(31);
    const input = random.normals(tokens * heads * headDim, 1);
    // One head of a single value: a block without a range.
    input.fill(0.75, (queryHeads + kvHeads) * headDim, (queryHeads + kvHeads + 1) * headDim);
    const numbers = kvHeads * CAPACITY * headDim;
    const before = asStored(type, new Float32Array(2 * numbers).fill(-5));
    writeCache(bench(), type, before, 0);
    bench().write('arena', input);
    bench().write('vectors', ropeTable(ropeFrequencies(ROPE), CAPACITY));
    await bench().run({
      kernel: KERNELS.rotateAndStore,
      cache: type,
      constants: {
        ...{ queryHeads, kvHeads, headDim4: headDim / 4, rotary4: ROPE.dimensions / 4 },
        ...{ interleaved: false, hasHeadNorm: false },
      },
      parameters: {
        ...{ heads: 0, position, capacity: CAPACITY, keys: 0, values: numbers / 4, rope: 0 },
        ...{ queryNorm: 0, keyNorm: 0, epsilon: EPSILON },
      },
      workgroups: [heads, tokens, 1],
    });
    for (let token = 0; token < tokens; token++)
      for (let head = queryHeads; head < heads; head++) {
        const x = Float64Array.from(
          input.subarray((token * heads + head) * headDim, (token * heads + head + 1) * headDim),
        );
        const isKey = head < queryHeads + kvHeads;
        const kvHead = (head - queryHeads) % kvHeads;
        const expected = isKey ? rotate(x, position + token, ROPE) : x;
        const at = (isKey ? 0 : numbers) + (kvHead * CAPACITY + position + token) * headDim;
        const stored = await readCache(bench(), type, at, headDim);
        expectWithin(stored, expected, withCodes(type, expected, 0), mostError(type));
        const other = await readCache(bench(), type, at - (token + 1) * headDim, headDim);
        expect([...other]).toEqual(Array(headDim).fill(-5));
      }
  });

  test.each(TYPES)('a latent vector and its key are one row in %s', async (type) => {
    const [plain, latent, rotary, position] = [32, 64, 32, 3];
    const random = new Random(32);
    const compressed = random.normals(latent + rotary, 1);
    const norm = random.normals(latent, 0.1, 1);
    bench().write('arena', compressed);
    bench().write('vectors', ropeTable(ropeFrequencies(ROPE), CAPACITY));
    bench().write('vectors', norm, 4000);
    await bench().run({
      kernel: KERNELS.absorbAndStore,
      blocks: 'F32',
      cache: type,
      constants: {
        ...{ queryHeads: 1, plainDim4: plain / 4, latentDim4: latent / 4, rotary4: rotary / 4 },
        ...{ headDim4: rotary / 4, interleaved: false, unitsPerLane: 1 },
      },
      parameters: {
        ...{ queries: 1000, queryTokenStride: (plain + rotary) / 4, compressed: 0, compressedStride: 0 },
        ...{ absorbed: 2000, position, latents: 0, rope: 0, norm: 1000, epsilon: EPSILON },
        ...{ quants: 0, scales: 0, high: 0 },
      },
      workgroups: [latent / 4 + 2, 1, 1],
    });
    const normed = plainRmsNorm(compressed.subarray(0, latent), norm, EPSILON);
    const key = rotate(Float64Array.from(compressed.subarray(latent)), position, ROPE);
    const expected = Float64Array.from([...normed, ...key]);
    const stored = await readCache(bench(), type, position * (latent + rotary), latent + rotary);
    expectWithin(stored, expected, withCodes(type, expected, latent), mostError(type));
  });

  test.each(machine.isSecondOpinion ? TYPES.slice(1) : TYPES)(
    'a token attends to keys and values in %s',
    async (type) => {
      const [queryHeads, kvHeads, headDim, length] = [4, 2, 32, 11];
      const random = new Random(33);
      const numbers = kvHeads * CAPACITY * headDim;
      const keys = asStored(type, random.normals(numbers, 1));
      const values = asStored(type, random.normals(numbers, 1));
      const queries = random.normals(queryHeads * headDim, 2);
      writeCache(bench(), type, keys, 0);
      writeCache(bench(), type, values, numbers);
      bench().write('arena', queries);
      const scale = 1 / Math.sqrt(headDim);
      await bench().run({
        kernel: KERNELS.attentionDecode,
        workgroupSize: 8,
        cache: type,
        constants: { groupHeads: 2, tiles: 1, keyDim4: headDim / 4, valueDim4: headDim / 4 },
        parameters: {
          ...{ queries: 0, queryTokenStride: 0, sums: 8000, output: 4000 },
          ...{ keys: 0, keyStride: headDim / 4, keyHeadStride: (CAPACITY * headDim) / 4 },
          ...{ values: numbers / 4, valueStride: headDim / 4, valueHeadStride: (CAPACITY * headDim) / 4 },
          ...{ position: length - 1, splitLength: length, scale },
        },
        workgroups: [kvHeads, 1, 1],
      });
      const found = await bench().floats('arena', 16_000, queryHeads * headDim);
      const row = (all: Float32Array, kvHead: number) => (position: number) =>
        all.subarray((kvHead * CAPACITY + position) * headDim, (kvHead * CAPACITY + position + 1) * headDim);
      for (let head = 0; head < queryHeads; head++) {
        const kvHead = Math.floor(head / 2);
        const query = queries.subarray(head * headDim, (head + 1) * headDim);
        // A number is a product and a sum here: two roundings, relative to what the sum is of.
        const rounding = 4 * SINGLE_ROUNDING;
        const { output, bounds } = attend(
          query,
          row(keys, kvHead),
          row(values, kvHead),
          length,
          scale,
          rounding,
        );
        expectWithin(found.subarray(head * headDim, (head + 1) * headDim), output, bounds);
      }
    },
  );

  test.runIf(!machine.isSecondOpinion)('many tokens attend to keys and values in q8', async () => {
    const [heads, headDim, tokens] = [2, 32, 9];
    const random = new Random(34);
    const numbers = CAPACITY * headDim;
    const keys = asStored('q8', random.normals(numbers, 1));
    const values = asStored('q8', random.normals(numbers, 1));
    const queries = random.normals(tokens * heads * headDim, 2);
    writeCache(bench(), 'q8', keys, 0);
    writeCache(bench(), 'q8', values, numbers);
    bench().write('arena', queries);
    const scale = 1 / Math.sqrt(headDim);
    await bench().run({
      kernel: KERNELS.attentionPrefill,
      workgroupSize: 8,
      cache: 'q8',
      constants: { groupHeads: heads, keyDim4: headDim / 4, valueDim4: headDim / 4, tilePositions: 4 },
      parameters: {
        ...{ queries: 0, queryTokenStride: (heads * headDim) / 4, output: 4000 },
        ...{ keys: 0, values: numbers / 4, capacity: CAPACITY, position: 0, tokens, scale },
      },
      workgroups: [Math.ceil((tokens * heads) / 8), 1, 1],
    });
    const found = await bench().floats('arena', 16_000, tokens * heads * headDim);
    const row = (all: Float32Array) => (position: number) =>
      all.subarray(position * headDim, (position + 1) * headDim);
    const tile = bench().device.features.has('f16') ? HALF_ROUNDING : 4 * SINGLE_ROUNDING;
    for (let token = 0; token < tokens; token++)
      for (let head = 0; head < heads; head++) {
        const place = (token * heads + head) * headDim;
        const query = queries.subarray(place, place + headDim);
        const { output, bounds } = attend(query, row(keys), row(values), token + 1, scale, tile);
        expectWithin(found.subarray(place, place + headDim), output, bounds);
      }
  });

  test.runIf(machine.without.length === 0 && !machine.isSecondOpinion).each(['llama', 'deepseek2'] as const)(
    'a tiny model of the %s family says nearly the same with a cache of codes',
    (family) =>
      withTinyModel(
        { family, layers: 2, headDim: 32, latent: { latentRank: 64, rotaryDim: 32 } },
        async (file) => {
          const { spec, weights } = file;
          const tokens = Array.from({ length: 12 }, (_, index) => (index * 29 + 5) % spec.vocabularySize);
          const logits = new Map<CacheType, Float32Array>();
          for (const cache of ['f32', ...TYPES] as const) {
            const adapter = machine.adapter === undefined ? {} : { adapter: machine.adapter };
            const model = await createGpuBackend({ ...adapter, cache }).load(spec, weights, { threads: 1 });
            const sequence = model.createSequence(16);
            const read = Float32Array.from(await sequence.append(tokens.slice(0, 8), { allLogits: true }));
            const rows = [read];
            for (const token of tokens.slice(8)) rows.push(Float32Array.from(await sequence.append([token])));
            logits.set(cache, Float32Array.from(rows.flatMap((row) => [...row])));
            sequence.dispose();
            await model.dispose();
          }
          for (const type of TYPES) {
            // Each layer's output has the errors of its keys and of its values; scores of a few units carry a key's error
            // into weights times their size, for which 4 in squares is room enough here.
            const limit = spec.layers.length * 2 * 4 * mostError(type);
            const reference = logits.get('f32') ?? new Float32Array();
            const found = logits.get(type) ?? new Float32Array();
            const agreement = compareLogits(reference, found, { positions: tokens.length, limit });
            expect(agreement).toSatisfy(agrees);
            // They are other numbers: the type is used.
            expect(agreement.error).toBeGreaterThan(1e-9);
          }
        },
      ),
  );
});
