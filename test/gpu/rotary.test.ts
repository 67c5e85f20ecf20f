import { describe, expect, test } from 'vitest';
import { KERNELS } from '../../native/kernels/catalog.ts';
import type { CacheType } from '../../native/kernels/kernel.ts';
import { ropeTable } from '../../native/kernels/ropeTable.ts';
import { ropeFrequencies } from '../../src/models/rope.ts';
import type { RopeSpec } from '../../src/models/spec.ts';
import { Random } from '../support/random.ts';
import { rotate } from '../support/referenceRope.ts';
import { onEachMachine } from './support/benches.ts';
import { expectWithin, MOST_NMSE, SINGLE_ROUNDING } from './support/numericBounds.ts';
import { plainRmsNorm } from './support/plainKernels.ts';
import { readCache } from './support/testCache.ts';
import { placeMatrix, plainProduct, productBounds, testMatrix } from './support/testMatrix.ts';

const CAPACITY = 24;
const EPSILON = 1e-6;
const ROPE_AT = 8;

/**
 * What is stored as halves may be rounded up or down (WGSL allows both in `pack2x16float`): a unit in the last place, or the
 * least half float. A rotation in single precision has two rounded factors, two products and a sum.
 */
function bounds(values: Float64Array, type: CacheType | 'arena', normed: boolean): Float64Array {
  const largest = Math.max(...values.map(Math.abs));
  const single = (6 + (normed ? values.length / 2 + 8 : 0)) * SINGLE_ROUNDING * 2 * largest;
  return values.map((value) => single + (type === 'f16' ? Math.abs(value) * 2 ** -10 + 2 ** -24 : 0));
}

onEachMachine((bench, machine) => {
  const variants: readonly (readonly [CacheType, RopeSpec['layout']])[] = [
    ['f16', 'halves'],
    ['f32', 'interleaved'],
  ];
  describe.each(machine.isSecondOpinion ? variants.slice(0, 1) : variants)(
    'with a cache of %s and pairs %s',
    (type, layout) => {
      const rope = (dimensions: number): RopeSpec => ({
        ...{ dimensions, base: 10_000, layout },
        scaling: {
          kind: 'yarn',
          factor: 4,
          originalContext: 16,
          betaFast: 32,
          betaSlow: 1,
          attentionFactor: 1.1,
        },
      });

      test('queries and keys are normed and turned, keys and values stored, the rest left alone', async () => {
        const [queryHeads, kvHeads, headDim, tokens, position] = [3, 2, 32, 2, 17];
        const heads = queryHeads + 2 * kvHeads;
        // Half of a head's dimensions pass through.
        const spec = rope(headDim / 2);
        const random = new Random(21);
        const input = random.normals(tokens * heads * headDim, 1);
        const queryNorm = random.normals(headDim, 0.1, 1);
        const keyNorm = random.normals(headDim, 0.1, 1);
        const table = ropeTable(ropeFrequencies(spec), CAPACITY);
        const keyAt = 4;
        const valueAt = keyAt + (kvHeads * CAPACITY * headDim) / 4;
        const untouched = new Float32Array(2 * kvHeads * CAPACITY * headDim + 16).fill(-5);
        bench().write('cache', type === 'f32' ? untouched : new Uint16Array(untouched.length).fill(0xc500));
        bench().write('arena', input);
        bench().write('vectors', table, ROPE_AT * 4);
        bench().write('vectors', queryNorm, 4000);
        bench().write('vectors', keyNorm, 4000 + headDim);
        await bench().run({
          kernel: KERNELS.rotateAndStore,
          cache: type,
          constants: {
            ...{ queryHeads, kvHeads, headDim4: headDim / 4, rotary4: headDim / 8 },
            ...{ interleaved: layout === 'interleaved', hasHeadNorm: true },
          },
          parameters: {
            ...{ heads: 0, position, capacity: CAPACITY, keys: keyAt, values: valueAt, rope: ROPE_AT },
            ...{ queryNorm: 1000, keyNorm: 1000 + headDim / 4, epsilon: EPSILON },
          },
          workgroups: [heads, tokens, 1],
        });
        const arena = await bench().floats('arena', 0, tokens * heads * headDim);
        for (let token = 0; token < tokens; token++)
          for (let head = 0; head < heads; head++) {
            const place = (token * heads + head) * headDim;
            const x = input.subarray(place, place + headDim);
            const isQuery = head < queryHeads;
            if (isQuery) {
              const expected = rotate(plainRmsNorm(x, queryNorm, EPSILON), position + token, spec);
              expectWithin(arena.subarray(place, place + headDim), expected, bounds(expected, 'arena', true));
              continue;
            }
            const isKey = head < queryHeads + kvHeads;
            const kvHead = isKey ? head - queryHeads : head - queryHeads - kvHeads;
            const expected = isKey
              ? rotate(plainRmsNorm(x, keyNorm, EPSILON), position + token, spec)
              : Float64Array.from(x);
            const at = (isKey ? keyAt : valueAt) * 4 + (kvHead * CAPACITY + position + token) * headDim;
            const stored = await readCache(bench(), type, at, headDim);
            expectWithin(stored, expected, bounds(expected, type, isKey));
            const before = await readCache(bench(), type, at - (token + 1) * headDim, headDim);
            expect([...before]).toEqual(Array(headDim).fill(-5));
          }
      });

      test('a latent vector is normed and stored with its key, and queries go into its space', async () => {
        const [queryHeads, plain, latent, rotary, tokens, position] = [2, 64, 32, 16, 2, 5];
        const spec = rope(rotary);
        const random = new Random(22);
        const compressed = random.normals(tokens * (latent + rotary), 1);
        const queries = random.normals(tokens * queryHeads * (plain + rotary), 1);
        const norm = random.normals(latent, 0.1, 1);
        const matrices = testMatrix(random, 'Q8_0', queryHeads * latent, plain);
        const matrixPlace = placeMatrix(bench(), matrices);
        bench().write('arena', queries);
        bench().write('arena', compressed, 4000);
        bench().write('arena', new Float32Array(tokens * queryHeads * (latent + rotary)), 8000);
        bench().write('vectors', ropeTable(ropeFrequencies(spec), CAPACITY), ROPE_AT * 4);
        bench().write('vectors', norm, 4000);
        await bench().run({
          kernel: KERNELS.absorbAndStore,
          blocks: 'Q8_0',
          cache: type,
          constants: {
            ...{ queryHeads, plainDim4: plain / 4, latentDim4: latent / 4, rotary4: rotary / 4 },
            ...{ headDim4: rotary / 4, interleaved: layout === 'interleaved', unitsPerLane: 2 },
          },
          parameters: {
            ...{ queries: 0, queryTokenStride: (queryHeads * (plain + rotary)) / 4 },
            ...{ compressed: 1000, compressedStride: (latent + rotary) / 4, absorbed: 2000 },
            ...{ position, latents: 4, rope: ROPE_AT, norm: 1000, epsilon: EPSILON },
            ...matrixPlace,
          },
          workgroups: [queryHeads * (latent / 4 + 1) + 1, tokens, 1],
        });
        for (let token = 0; token < tokens; token++) {
          const row = compressed.subarray(token * (latent + rotary), (token + 1) * (latent + rotary));
          const at = 16 + (position + token) * (latent + rotary);
          const normed = plainRmsNorm(row.subarray(0, latent), norm, EPSILON);
          expectWithin(await readCache(bench(), type, at, latent), normed, bounds(normed, type, true));
          const key = rotate(Float64Array.from(row.subarray(latent)), position + token, spec);
          const storedKey = await readCache(bench(), type, at + latent, rotary);
          expectWithin(storedKey, key, bounds(key, type, false));
          for (let head = 0; head < queryHeads; head++) {
            const from = (token * queryHeads + head) * (plain + rotary);
            const query = queries.subarray(from, from + plain + rotary);
            const expected = rotate(Float64Array.from(query.subarray(plain)), position + token, spec);
            const to = 8000 + (token * queryHeads + head) * (latent + rotary);
            const absorbed = await bench().floats('arena', to, latent + rotary);
            expectWithin(absorbed.subarray(latent), expected, bounds(expected, 'arena', false));
            const { product, magnitude } = plainProduct(
              matrices,
              query.subarray(0, plain),
              head * latent,
              latent,
            );
            const productBound = productBounds('Q8_0', plain, magnitude);
            expectWithin(absorbed.subarray(0, latent), product, productBound, MOST_NMSE.quantized);
          }
        }
      });
    },
  );
});
