import { expect, test } from 'vitest';
import { KERNELS } from '../../native/kernels/catalog.ts';
import type { CacheType } from '../../native/kernels/kernel.ts';
import { Random } from '../support/random.ts';
import { onEachMachine } from './support/benches.ts';
import { expectWithin, HALF_ROUNDING, MOST_NMSE } from './support/numericBounds.ts';
import { attend } from './support/plainAttention.ts';
import { asStored, writeCache } from './support/testCache.ts';
import { placeMatrix, plainProduct, productBounds, testMatrix } from './support/testMatrix.ts';

/** Where the queries, outputs, parts, sums and values of the tests lie in the arena, in vectors. */
const PLACES = { queries: 0, output: 20_000, parts: 40_000, sums: 100_000, values: 120_000 } as const;

interface GroupedCase {
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly capacity: number;
}

/** A cache of keys and values `[kvHeads, capacity, headDim]`, on the bench and as the twin reads it. */
function groupedCache(seed: number, type: CacheType, { kvHeads, headDim, capacity }: GroupedCase) {
  const random = new Random(seed);
  const numbers = kvHeads * capacity * headDim;
  const keys = asStored(type, random.normals(numbers, 1));
  const values = asStored(type, random.normals(numbers, 1));
  const at = (all: Float32Array, kvHead: number) => (position: number) =>
    all.subarray((kvHead * capacity + position) * headDim, (kvHead * capacity + position + 1) * headDim);
  return { keys, values, keyOffset: 16, valueOffset: 16 + numbers, at };
}

onEachMachine((bench, machine) => {
  const isTileHalf = (): boolean => bench().device.features.has('f16');

  // Compiling attention is what costs, so most cases share a variant. 3 heads share one: the heads' vectors of four are there in
  // part only. 48 dimensions are no power of two: some invocations have none.
  const three = { queryHeads: 6, kvHeads: 2, headDim: 48, capacity: 80, workgroupSize: 16 };
  const five = { queryHeads: 5, kvHeads: 1, headDim: 16, capacity: 33, workgroupSize: 8 };
  const decodeCases: readonly [string, CacheType, typeof three & { splits: number }][] = [
    ['one split', 'f32', { ...three, splits: 1 }],
    ['three splits', 'f32', { ...three, splits: 3 }],
    ['four splits, one of them empty', 'f32', { ...three, splits: 4 }],
    ['two splits, five heads a group', 'f16', { ...five, splits: 2 }],
  ];
  test.each(machine.without.length > 0 || machine.isSecondOpinion ? decodeCases.slice(0, 3) : decodeCases)(
    'one token attends to the cache in %s, of %s',
    async (_name, type, shape) => {
      const { queryHeads, kvHeads, headDim, capacity, workgroupSize, splits } = shape;
      const length = splits === 4 ? 50 : capacity - 1;
      const { keys, values, keyOffset, valueOffset, at } = groupedCache(11, type, shape);
      const queries = new Random(12).normals(queryHeads * headDim, 2);
      writeCache(bench(), type, keys, keyOffset);
      writeCache(bench(), type, values, valueOffset);
      bench().write('arena', queries);
      const group = queryHeads / kvHeads;
      const decode = {
        kernel: KERNELS.attentionDecode,
        workgroupSize,
        cache: type,
        constants: { groupHeads: group, tiles: 1, keyDim4: headDim / 4, valueDim4: headDim / 4 },
        parameters: {
          ...{ queries: PLACES.queries, queryTokenStride: 0, sums: PLACES.sums },
          output: splits === 1 ? PLACES.output : PLACES.parts,
          ...{ keys: keyOffset / 4, keyStride: headDim / 4, keyHeadStride: (capacity * headDim) / 4 },
          ...{ values: valueOffset / 4, valueStride: headDim / 4, valueHeadStride: (capacity * headDim) / 4 },
          ...{ position: length - 1, splitLength: splits === 4 ? 20 : Math.ceil(length / splits) },
          scale: 1 / Math.sqrt(headDim),
        },
        workgroups: [kvHeads, splits, 1],
      } as const;
      await bench().run(decode);
      if (splits > 1)
        await bench().run({
          kernel: KERNELS.attentionReduce,
          constants: { valueDim4: headDim / 4 },
          parameters: { parts: PLACES.parts, sums: PLACES.sums, output: PLACES.output, splits },
          workgroups: [queryHeads, 1, 1],
        });
      const found = await bench().floats('arena', PLACES.output * 4, queryHeads * headDim);
      for (let head = 0; head < queryHeads; head++) {
        const kvHead = Math.floor(head / group);
        const { output, bounds } = attend(
          queries.subarray(head * headDim, (head + 1) * headDim),
          at(keys, kvHead),
          at(values, kvHead),
          length,
          1 / Math.sqrt(headDim),
          0,
        );
        expectWithin(found.subarray(head * headDim, (head + 1) * headDim), output, bounds);
      }
    },
  );

  const prefillCases: readonly [string, CacheType, GroupedCase & { tokens: number; before: number }][] = [
    [
      'from the start',
      'f32',
      { queryHeads: 3, kvHeads: 1, headDim: 32, capacity: 32, tokens: 13, before: 0 },
    ],
    ['behind others', 'f16', { queryHeads: 4, kvHeads: 2, headDim: 48, capacity: 48, tokens: 9, before: 30 }],
  ];
  test.each(machine.isSecondOpinion ? prefillCases.slice(1) : prefillCases)(
    'many tokens attend %s in %s, none to those after it',
    async (_name, type, shape) => {
      const { queryHeads, kvHeads, headDim, capacity, tokens, before } = shape;
      const { keys, values, keyOffset, valueOffset, at } = groupedCache(13, type, shape);
      const stride = queryHeads * headDim + 8;
      const queries = new Random(14).normals(tokens * stride, 2);
      writeCache(bench(), type, keys, keyOffset);
      writeCache(bench(), type, values, valueOffset);
      bench().write('arena', queries);
      const group = queryHeads / kvHeads;
      const workgroupSize = 8;
      await bench().run({
        kernel: KERNELS.attentionPrefill,
        workgroupSize,
        cache: type,
        constants: { groupHeads: group, keyDim4: headDim / 4, valueDim4: headDim / 4, tilePositions: 4 },
        parameters: {
          ...{ queries: PLACES.queries, queryTokenStride: stride / 4, output: PLACES.output },
          ...{ keys: keyOffset / 4, values: valueOffset / 4, capacity, position: before, tokens },
          scale: 1 / Math.sqrt(headDim),
        },
        workgroups: [Math.ceil((tokens * group) / workgroupSize), kvHeads, 1],
      });
      const found = await bench().floats('arena', PLACES.output * 4, tokens * queryHeads * headDim);
      for (let token = 0; token < tokens; token++)
        for (let head = 0; head < queryHeads; head++) {
          const kvHead = Math.floor(head / group);
          const query = queries.subarray(
            token * stride + head * headDim,
            token * stride + (head + 1) * headDim,
          );
          const { output, bounds } = attend(
            query,
            at(keys, kvHead),
            at(values, kvHead),
            before + token + 1,
            1 / Math.sqrt(headDim),
            // A cache of halves goes through a tile of halves as it is.
            isTileHalf() && type === 'f32' ? HALF_ROUNDING : 0,
          );
          const place = (token * queryHeads + head) * headDim;
          expectWithin(found.subarray(place, place + headDim), output, bounds);
        }
    },
  );

  test('latent attention in absorbed form: values are the first dimensions of the shared keys', async () => {
    const type = 'f16';
    const [heads, latent, rotary, length] = [8, 32, 16, machine.isSecondOpinion ? 11 : 45];
    const keyDim = latent + rotary;
    const random = new Random(15);
    const rows = asStored(type, random.normals(length * keyDim, 1));
    const tokens = 2;
    const queries = random.normals(tokens * heads * keyDim, 1);
    writeCache(bench(), type, rows, 8);
    bench().write('arena', queries);
    const scale = 0.1;
    // Four heads a workgroup, two workgroups for the one key/value head; two tokens, the second sees one row more.
    await bench().run({
      kernel: KERNELS.attentionDecode,
      cache: type,
      constants: { groupHeads: 4, tiles: heads / 4, keyDim4: keyDim / 4, valueDim4: latent / 4 },
      parameters: {
        ...{ queries: 0, queryTokenStride: (heads * keyDim) / 4, sums: PLACES.sums, output: PLACES.parts },
        ...{ keys: 2, keyStride: keyDim / 4, keyHeadStride: 0 },
        ...{ values: 2, valueStride: keyDim / 4, valueHeadStride: 0 },
        ...{ position: length - tokens, splitLength: 32, scale },
      },
      workgroups: [heads / 4, 2, tokens],
    });
    await bench().run({
      kernel: KERNELS.attentionReduce,
      constants: { valueDim4: latent / 4 },
      parameters: { parts: PLACES.parts, sums: PLACES.sums, output: PLACES.output, splits: 2 },
      workgroups: [tokens * heads, 1, 1],
    });
    const found = await bench().floats('arena', PLACES.output * 4, tokens * heads * latent);
    for (let token = 0; token < tokens; token++)
      for (let head = 0; head < heads; head++) {
        const index = token * heads + head;
        const { output, bounds } = attend(
          queries.subarray(index * keyDim, (index + 1) * keyDim),
          (p) => rows.subarray(p * keyDim, (p + 1) * keyDim),
          (p) => rows.subarray(p * keyDim, p * keyDim + latent),
          length - tokens + token + 1,
          scale,
          0,
        );
        expectWithin(found.subarray(index * latent, (index + 1) * latent), output, bounds);
      }

    // The same splits, joined on the way through each head's matrix of 20 rows: 8 a workgroup, 4 in the last.
    const valueDim = 20;
    const matrices = testMatrix(random, 'Q8_0', heads * valueDim, latent);
    await bench().run({
      kernel: KERNELS.attentionValues,
      blocks: 'Q8_0',
      constants: { latentDim4: latent / 4, valueDim4: valueDim / 4, quads: 2, unitsPerLane: 1 },
      parameters: {
        ...{ parts: PLACES.parts, sums: PLACES.sums, output: PLACES.values, splits: 2 },
        ...placeMatrix(bench(), matrices),
      },
      workgroups: [3, heads, tokens],
    });
    const values = await bench().floats('arena', PLACES.values * 4, tokens * heads * valueDim);
    for (let index = 0; index < tokens * heads; index++) {
      // Of what joining them alone gave: two or three roundings apart, which the division and its factors may be.
      const attended = found.subarray(index * latent, (index + 1) * latent);
      const { product, magnitude } = plainProduct(matrices, attended, (index % heads) * valueDim, valueDim);
      const bounds = productBounds('Q8_0', latent + 3, magnitude);
      const own = values.subarray(index * valueDim, (index + 1) * valueDim);
      expectWithin(own, product, bounds, MOST_NMSE.quantized);
    }
  });

  test('scores far apart neither overflow nor vanish', async () => {
    const headDim = 48;
    const heads = 3;
    const positions = 20;
    const keys = new Float32Array(positions * headDim);
    const values = new Float32Array(positions * headDim);
    for (let p = 0; p < positions; p++) {
      keys[p * headDim] = p === 7 ? 300 : -300;
      values.fill(p, p * headDim, (p + 1) * headDim);
    }
    const queries = new Float32Array(heads * headDim);
    for (let head = 0; head < heads; head++) queries[head * headDim] = 100;
    writeCache(bench(), 'f32', keys, 0);
    writeCache(bench(), 'f32', values, keys.length);
    bench().write('arena', queries);
    await bench().run({
      kernel: KERNELS.attentionDecode,
      workgroupSize: 16,
      cache: 'f32',
      constants: { groupHeads: heads, tiles: 1, keyDim4: headDim / 4, valueDim4: headDim / 4 },
      parameters: {
        ...{ queries: 0, queryTokenStride: 0, sums: 0, output: PLACES.output },
        ...{ keys: 0, keyStride: headDim / 4, keyHeadStride: 0 },
        ...{ values: keys.length / 4, valueStride: headDim / 4, valueHeadStride: 0 },
        ...{ position: positions - 1, splitLength: positions, scale: 1 },
      },
      workgroups: [1, 1, 1],
    });
    // 30,000 less in the exponent is 0 in any precision, and 7 is exact.
    const found = await bench().floats('arena', PLACES.output * 4, heads * headDim);
    expect([...found]).toEqual(Array(heads * headDim).fill(7));
  });
});
