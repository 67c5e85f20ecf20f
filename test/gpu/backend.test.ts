import { describe, expect, test } from 'vitest';
import type { ComputeDevice } from '../../native/webgpu/computeDevice.ts';
import type { GpuBackendOptions } from '../../src/engine/backends/gpu/gpuBackend.ts';
import { GpuModel } from '../../src/engine/backends/gpu/gpuModel.ts';
import { openModel } from '../../src/models/openModel.ts';
import { ReferenceModel } from '../support/referenceModel.ts';
import { mixTypes, type TypeMix } from '../support/mixTypes.ts';
import type { Routing } from '../support/referenceRouting.ts';
import type { TinyModelOptions } from '../support/tinyModel.ts';
import { TINY_VARIANTS } from '../support/tinyVariants.ts';
import { rowsOfLogits, squaredError, withGpuModel, withSmallModel } from './support/gpuModels.ts';

/** More than are computed one by one, and no multiple of anything. */
const TOKENS = Array.from({ length: 41 }, (_, i) => (i * 37 + 11) % 60);
/** One alone, a few, a piece in tiles, and a few again. */
const PIECES = [TOKENS.slice(0, 1), TOKENS.slice(1, 5), TOKENS.slice(5, 38), TOKENS.slice(38)];

/**
 * In binary32: products of K = 96 terms and some 20 of them in a row lose about 2^-24 * sqrt(96 * 20) of their size, 2.6e-6, and
 * a squared error of 7e-12 (test/parity/families.test.ts).
 */
const SINGLE_ERROR = 1e-11;
/**
 * Where weights, keys and values go through halves, each is rounded by at most u = 2^-11 of its size, u² / 3 in squares. No more than two
 * roundings each, in the 12 products and sums that follow each other in two layers (query, keys, scores, values, output, gate and up, down):
 * 24 u² / 3 = 1.9e-6. Twice that covers a chance of 41 positions. Keys and values in halves are two of them.
 */
const HALF_ERROR = 4e-6;

const MODELS: readonly [string, TinyModelOptions][] = [
  ['llama', { family: 'llama', type: 'Q8_0' }],
  ['llama whose embedding is its output', { family: 'llama', tiedEmbedding: true }],
  ['qwen2', { family: 'qwen2' }],
  ['qwen3', { family: 'qwen3' }],
  ['qwen3moe', TINY_VARIANTS.qwen3moe],
  ['deepseek2 as V2-Lite', TINY_VARIANTS['V2-Lite']],
  ['deepseek2 as V3', { ...TINY_VARIANTS.V3, type: 'Q4_0' }],
  ['deepseek2 as V3, unsplit', TINY_VARIANTS['V3, unsplit']],
];

describe.each(MODELS)('A model of kind %s', (_, options) => {
  test('gives the logits and the routing of the plain twin, however its tokens come', async () => {
    await withSmallModel(options, async (file) => {
      const reference = (await ReferenceModel.load(file.spec, file.weights)).run(TOKENS);
      const vocabulary = file.spec.vocabularySize;
      await withGpuModel(file, { cache: 'f32' }, async (model) => {
        const alone = await rowsOfLogits(
          model,
          TOKENS.map((token) => [token]),
          vocabulary,
        );
        expect(squaredError(alone, reference.logits)).toBeLessThan(SINGLE_ERROR);
        const mixed = await rowsOfLogits(model, PIECES, vocabulary);
        expect(squaredError(mixed, reference.logits)).toBeLessThan(HALF_ERROR);

        const sequence = model.createSequence(TOKENS.length);
        const [experts, weights]: [number[], number[]] = [[], []];
        await sequence.append(TOKENS, {
          onRouting: (routing) => {
            expect(routing).toMatchObject({ firstPosition: 0, tokens: TOKENS.length });
            experts.push(...routing.experts);
            weights.push(...routing.weights);
          },
        });
        sequence.dispose();
        const expected = (of: (routing: Routing) => readonly number[]): number[] =>
          reference.routing.flatMap((layers) => layers.flatMap(of));
        expect(experts).toEqual(expected((routing) => routing.experts));
        expected((routing) => routing.weights).forEach((weight, i) => {
          // As the stream is off by at most sqrt(HALF_ERROR) of its size, logits of the router, of which the largest is about 4, are;
          // a weight is at most exponential in them.
          expect(Math.abs((weights[i] ?? NaN) - weight)).toBeLessThan(
            Math.max(1, weight) * 4 * HALF_ERROR ** 0.5,
          );
        });
      });
    });
  });
});

/** Other types than Q8_0, and what is then read by one dispatch. */
const MIXES: readonly [string, TinyModelOptions, TypeMix][] = [
  [
    'llama whose queries, keys and values are of three types, and up of another than gate',
    { family: 'llama' },
    [
      ['Q4_0', /attn_k\.|ffn_up/],
      ['Q5_0', /attn_v/],
    ],
  ],
  [
    'qwen3moe whose experts’ up is of another type than gate, and values than keys',
    TINY_VARIANTS.qwen3moe,
    [['Q4_0', /attn_v|ffn_up_exps/]],
  ],
  [
    'deepseek2 whose latent vectors and all ups are of another type',
    TINY_VARIANTS.V3,
    [['Q4_0', /kv_a_mqa|ffn_up/]],
  ],
  ['deepseek2 whose shared experts are of another type', TINY_VARIANTS['V2-Lite'], [['Q4_0', /shexp/]]],
  [
    'deepseek2 whose last matrix of a shared expert is of another type',
    TINY_VARIANTS.V3,
    [['Q4_0', /ffn_down_shexp/]],
  ],
];

test.each(MIXES)('A model of kind %s', async (_, options, mix) => {
  await withSmallModel({ ...options, type: 'Q8_0' }, async (uniform) => {
    const file = await openModel(await mixTypes(uniform.path, mix));
    const reference = (await ReferenceModel.load(file.spec, file.weights)).run(TOKENS);
    await withGpuModel(file, { cache: 'f32' }, async (model) => {
      const few = [TOKENS.slice(0, 10), TOKENS.slice(10, 20)];
      const rows = await rowsOfLogits(model, few, file.spec.vocabularySize);
      expect(squaredError(rows, reference.logits.slice(0, 20))).toBeLessThan(SINGLE_ERROR);
      const pieces = await rowsOfLogits(model, PIECES, file.spec.vocabularySize);
      expect(squaredError(pieces, reference.logits)).toBeLessThan(HALF_ERROR);
    });
    await file.close();
  });
});

const WAYS: readonly [string, GpuBackendOptions, number][] = [
  ['keys and values in halves', { cache: 'f16' }, HALF_ERROR],
  [
    'nothing that an adapter may lack',
    { cache: 'f32', without: ['subgroups', 'f16', 'immediates'] },
    SINGLE_ERROR,
  ],
];

test.each(WAYS)('Latent attention and experts with %s', async (_, options, error) => {
  await withSmallModel({ ...TINY_VARIANTS.V3, type: 'Q4_0' }, async (file) => {
    const reference = (await ReferenceModel.load(file.spec, file.weights)).run(TOKENS);
    await withGpuModel(file, options, async (model) => {
      const rows = await rowsOfLogits(model, PIECES, file.spec.vocabularySize);
      expect(squaredError(rows, reference.logits)).toBeLessThan(error);
    });
  });
});

describe('A sequence', () => {
  const llama: TinyModelOptions = { family: 'llama', type: 'Q8_0' };
  const few = TOKENS.slice(0, 12);

  test('gives a token the same logits alone and among a few, to the last bit', async () => {
    await withSmallModel(TINY_VARIANTS.qwen3moe, async (file) => {
      const vocabulary = file.spec.vocabularySize;
      await withGpuModel(file, {}, async (model) => {
        const alone = await rowsOfLogits(
          model,
          few.map((token) => [token]),
          vocabulary,
        );
        expect(await rowsOfLogits(model, [few.slice(0, 5), few.slice(5)], vocabulary)).toEqual(alone);
      });
    });
  });

  test('gives the same logits when its weights lie in many shards, some matrices over several buffers or in pieces', async () => {
    await withSmallModel({ ...TINY_VARIANTS['V2-Lite'], type: 'Q8_0' }, async (file) => {
      const vocabulary = file.spec.vocabularySize;
      const runs: { rows: Float32Array[]; buffers: number; dispatches: number[] }[] = [];
      // Of the largest matrix, the experts' gate and up, 16 KiB hold one expert.
      const faults = [
        { bindingBytes: 1 << 20 },
        // As many buffers as the adapter has.
        { bindingBytes: 32 << 10 },
        { bindingBytes: 32 << 10, storageBuffers: 6 },
      ];
      for (const limits of faults) {
        let buffers = 0;
        const onDevice = ({ handle }: ComputeDevice): void => {
          const createBuffer = handle.createBuffer.bind(handle);
          handle.createBuffer = (descriptor) => {
            if (descriptor.label === 'A buffer for weights') {
              buffers++;
              expect(descriptor.size).toBeLessThanOrEqual(limits.bindingBytes);
            }
            return createBuffer(descriptor);
          };
        };
        const tuning = { chunkTokens: 32, splits: 2 };
        await withGpuModel(file, { onDevice, faults: limits, tuning }, async (model) => {
          if (!(model instanceof GpuModel)) throw new Error('it is on the GPU');
          const planned = model.plan.sequence(64);
          runs.push({
            // A few one by one, and many in tiles.
            rows: await rowsOfLogits(model, [few, TOKENS.slice(12)], vocabulary),
            ...{ buffers, dispatches: [planned.few.length, planned.chunk.length] },
          });
        });
      }
      const [whole, wide, cut] = runs;
      if (whole === undefined || wide === undefined || cut === undefined) throw new Error('three runs');
      expect(wide.rows).toEqual(whole.rows);
      expect(wide.buffers).toBeGreaterThan(whole.buffers + 8);
      expect(wide.dispatches).toEqual(whole.dispatches);
      expect(cut.rows).toEqual(whole.rows);
      expect(cut.buffers).toBeGreaterThan(whole.buffers + 8);
      expect(cut.dispatches[0]).toBeGreaterThan(whole.dispatches[0] ?? 0);
    });
  });

  test.each([
    ['with all experts on the GPU', {}],
    ['with experts on both sides', { offload: { cacheBytes: 1 << 20 } }],
  ] as const)('allocates, binds and compiles nothing for a token, %s', async (_, options) => {
    await withSmallModel({ ...TINY_VARIANTS['V2-Lite'], type: 'Q8_0' }, async (file) => {
      const made: string[] = [];
      const onDevice = ({ handle }: ComputeDevice): void => {
        for (const name of ['createBuffer', 'createBindGroup', 'createComputePipelineAsync'] as const) {
          const create = handle[name].bind(handle) as (descriptor: never) => unknown;
          Object.assign(handle, {
            [name]: (descriptor: never) => {
              made.push(name);
              return create(descriptor);
            },
          });
        }
      };
      await withGpuModel(file, { ...options, onDevice }, async (model) => {
        const sequence = model.createSequence(64);
        await sequence.append(TOKENS.slice(0, 20));
        expect(new Set(made).size).toBe(3);
        made.length = 0;
        for (const token of TOKENS.slice(20, 30)) {
          await sequence.append([token], { onRouting: () => undefined });
          await sequence.appendBest?.([token], { need: { count: 5, suffices: () => true } });
        }
        expect(made).toEqual([]);
        sequence.dispose();
      });
    });
  });

  test('forgets what is behind a rewind, and nothing else', async () => {
    await withSmallModel(llama, async (file) => {
      await withGpuModel(file, {}, async (model) => {
        const sequence = model.createSequence(64);
        await sequence.append(TOKENS.slice(0, 20));
        const first = Float32Array.from(await sequence.append([7, 8, 9]));
        const other = Float32Array.from(await sequence.append([1]));
        sequence.rewind(20);
        expect(sequence.length).toBe(20);
        expect(await sequence.append([7, 8, 9])).toEqual(first);
        expect(await sequence.append([1])).toEqual(other);
        expect(() => sequence.rewind(25)).toThrow(RangeError);
        sequence.dispose();
      });
    });
  });

  test('is not mixed with another one that computes at the same time', async () => {
    await withSmallModel(llama, async (file) => {
      const vocabulary = file.spec.vocabularySize;
      await withGpuModel(file, {}, async (model) => {
        const [one, other] = [TOKENS.slice(0, 30), TOKENS.slice(20)];
        const run = (tokens: readonly number[]): Promise<Float32Array[]> =>
          rowsOfLogits(model, [tokens.slice(0, 20), tokens.slice(20)], vocabulary);
        const together = await Promise.all([run(one), run(other)]);
        expect(together).toEqual([await run(one), await run(other)]);
      });
    });
  });

  test('that is stopped between two submissions stays as it was, and goes on', async () => {
    await withSmallModel({ ...TINY_VARIANTS.qwen3moe, layers: 8 }, async (file) => {
      let onSubmit = (): void => undefined;
      let submissions = 0;
      const onDevice = ({ handle: { queue } }: ComputeDevice): void => {
        const submit = queue.submit.bind(queue);
        queue.submit = (buffers) => {
          submissions++;
          submit(buffers);
          onSubmit();
        };
      };
      await withGpuModel(file, { onDevice }, async (model) => {
        const sequence = model.createSequence(64);
        const before = Float32Array.from(await sequence.append(TOKENS.slice(0, 3)));
        const stop = new AbortController();
        onSubmit = () => stop.abort();
        submissions = 0;
        const appended = sequence.append(TOKENS, { signal: stop.signal });
        await expect(appended).rejects.toMatchObject({ code: 'request/cancelled' });
        const whenStopped = submissions;
        onSubmit = () => undefined;
        expect(sequence.length).toBe(3);
        sequence.rewind(0);
        expect(await sequence.append(TOKENS.slice(0, 3))).toEqual(before);
        submissions = 0;
        await sequence.append(TOKENS);
        expect(submissions).toBeGreaterThan(whenStopped);
        sequence.dispose();
      });
    });
  });

  test('refuses what cannot be: too many tokens, none, and one that is not in the vocabulary', async () => {
    await withSmallModel(llama, async (file) => {
      await withGpuModel(file, {}, async (model) => {
        const sequence = model.createSequence(4);
        await expect(sequence.append([1, 2, 3, 4, 5])).rejects.toMatchObject({ code: 'context/overflow' });
        await expect(sequence.append([])).rejects.toThrow(RangeError);
        await expect(sequence.append([1, 1e6])).rejects.toMatchObject({ code: 'request/invalid' });
        expect(sequence.length).toBe(0);
        await sequence.append([1, 2]);
        sequence.dispose();
        await expect(sequence.append([1])).rejects.toMatchObject({ code: 'internal' });
        expect(() => model.createSequence(0)).toThrow(RangeError);
      });
    });
  });
});
