import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { planModel, type GpuPlan } from '../../../../src/engine/backends/gpu/gpuPlan.ts';
import { DEFAULT_TUNING } from '../../../../src/engine/backends/gpu/gpuTuning.ts';
import { reportPlan } from '../../../../src/engine/backends/gpu/reportPlan.ts';
import type { ModelFile } from '../../../../src/models/modelFile.ts';
import { openModel } from '../../../../src/models/openModel.ts';
import type { PlanReport } from '../../../../src/protocol/planReport.ts';
import { mixTypes, type TypeMix } from '../../../support/mixTypes.ts';
import type { TinyModelOptions } from '../../../support/tinyModel.ts';
import { TINY_VARIANTS } from '../../../support/tinyVariants.ts';
import { withTinyModel } from '../onnx/tinyBackend.ts';

const LIMITS = { bindingBytes: 1 << 30, storageBuffers: 8, workgroups: 65_535 };

function planOf({ spec, weights }: ModelFile, limits = LIMITS): GpuPlan {
  return planModel(spec, weights, { limits, tuning: DEFAULT_TUNING, cache: 'f16' });
}

/** Dispatches of each layer, for a decoded token. */
function layersOf({ perLayer }: PlanReport): number[] {
  return perLayer.map(({ dispatches }) => dispatches);
}

describe('A plan', () => {
  /** Of the issue: dispatches cost more than arithmetic. */
  const most = { dense: 8, moe: 12 } as const;
  const v3Uncompressed: TinyModelOptions = { ...TINY_VARIANTS.V3, latent: { queryRank: 0 } };
  const liteCompressed: TinyModelOptions = { ...TINY_VARIANTS['V2-Lite'], latent: {} };
  const other = (only: RegExp): TypeMix => [['Q4_0', only]];
  const three: TypeMix = [
    ['Q4_0', /attn_k\.|_up/],
    ['Q5_0', /attn_v/],
  ];
  /** No two matrices that a dispatch could read are of one type. */
  const everything = other(/kv_a_mqa|ffn_up|shexp/);
  const kinds: readonly [string, TinyModelOptions, TypeMix, number[]][] = [
    ['dense layers', { family: 'llama' }, [], [7, 7]],
    ['dense layers with biases', { family: 'qwen2' }, [], [7, 7]],
    ['dense layers with norms of heads', { family: 'qwen3' }, [], [7, 7]],
    ['dense layers, values of another type', { family: 'llama' }, other(/attn_v/), [7, 7]],
    ['dense layers, up of another type than gate', { family: 'llama' }, other(/ffn_up/), [7, 7]],
    [
      'dense layers, queries, keys and values of three types, up of another than gate',
      { family: 'llama' },
      three,
      [8, 8],
    ],
    ['experts', TINY_VARIANTS.qwen3moe, [], [9, 9]],
    ['experts, values of another type', TINY_VARIANTS.qwen3moe, other(/attn_v/), [9, 9]],
    ['experts, up of another type than gate', TINY_VARIANTS.qwen3moe, other(/ffn_up_exps/), [9, 9]],
    [
      'experts, queries, keys and values of three types, up of another than gate',
      TINY_VARIANTS.qwen3moe,
      three,
      [10, 10],
    ],
    ['latent attention, shared experts of the routed ones’ size', TINY_VARIANTS['V2-Lite'], [], [7, 10]],
    ['the same, queries compressed', liteCompressed, [], [8, 11]],
    ['the same, latent vectors of another type', TINY_VARIANTS['V2-Lite'], other(/kv_a_mqa/), [7, 10]],
    ['the same, shared experts of another type', TINY_VARIANTS['V2-Lite'], other(/shexp/), [7, 11]],
    [
      'the same, queries compressed and shared experts of another type',
      liteCompressed,
      other(/shexp/),
      [8, 12],
    ],
    [
      'the same, queries compressed, latent vectors and shared experts of another type',
      liteCompressed,
      other(/kv_a_mqa|shexp/),
      [8, 12],
    ],
    ['the same, queries compressed, as many types as can be', liteCompressed, everything, [8, 12]],
    ['latent attention, one shared expert', v3Uncompressed, [], [7, 9]],
    ['the same, queries compressed', TINY_VARIANTS.V3, [], [8, 10]],
    [
      'the same, the shared expert ends with another type',
      TINY_VARIANTS.V3,
      other(/ffn_down_shexp/),
      [8, 11],
    ],
    ['the same, shared experts of another type', TINY_VARIANTS.V3, other(/shexp/), [8, 12]],
    ['the same, as many types as can be', TINY_VARIANTS.V3, everything, [8, 12]],
    ['the same, not split', TINY_VARIANTS['V3, unsplit'], [], [8, 10]],
  ];
  it.each(kinds)('for %s (%#) keeps to the most dispatches a layer', async (_, options, mix, expected) => {
    await withTinyModel({ ...options, type: 'Q8_0' }, async (uniform) => {
      const file = await openModel(await mixTypes(uniform.path, mix));
      const report = reportPlan(file.spec, file.weights, { capacity: 64, position: 0, tokens: 1 });
      expect(layersOf(report)).toEqual(expected);
      for (const { feedForward, dispatches } of report.perLayer)
        expect(dispatches).toBeLessThanOrEqual(most[feedForward]);
      await file.close();
    });
  });

  it.each(kinds)('for %s (%#) does so where no buffer holds a matrix', async (_, options, mix, expected) => {
    await withTinyModel({ ...options, type: 'Q8_0' }, async (uniform) => {
      const file = await openModel(await mixTypes(uniform.path, mix));
      const { spec, weights } = file;
      const limits = { ...LIMITS, bindingBytes: 32 << 10, storageBuffers: 64 };
      const report = reportPlan(spec, weights, { capacity: 64, position: 0, tokens: 1, limits });
      expect(layersOf(report)).toEqual(expected);
      expect(report.cut.matrices).toEqual([]);
      const { few } = planOf(file, limits).sequence(64);
      expect(few.filter(({ span }) => span !== undefined).length).toBeGreaterThan(spec.layers.length);
      await file.close();
    });
  });

  it('takes a dispatch for each piece of what all buffers of a kernel do not hold, and says which', async () => {
    await withTinyModel({ family: 'llama', type: 'Q8_0' }, async ({ spec, weights }) => {
      const limits = { ...LIMITS, bindingBytes: 32 << 10, storageBuffers: 7 };
      const { cut, dispatches } = reportPlan(spec, weights, { capacity: 64, position: 0, tokens: 1, limits });
      expect(cut).toMatchObject({ buffers: 3, bindingBytes: 32 << 10 });
      expect(cut.matrices.length).toBeGreaterThan(0);
      for (const { name, pieces } of cut.matrices)
        expect(dispatches.filter((dispatch) => dispatch.name === name).length % pieces).toBe(0);
    });
  });

  const withExperts = kinds.filter(([, { family }]) => family === 'qwen3moe' || family === 'deepseek2');
  it.each(withExperts)(
    'for %s (%#), experts on both sides of the host, keeps to as many',
    async (_, options, mix) => {
      // Gate and up of an expert in a slot are of one type.
      const types: TypeMix = mix.some(([, only]) => only.test('ffn_up_exps'))
        ? [...mix, ['Q4_0', /ffn_gate_exps/]]
        : mix;
      await withTinyModel({ ...options, type: 'Q8_0' }, async (uniform) => {
        const { spec, weights, close } = await openModel(await mixTypes(uniform.path, types));
        for (const cacheBytes of [0, 2 ** 40]) {
          const offload = { cacheBytes };
          const plan = planModel(spec, weights, {
            ...{ limits: LIMITS, tuning: DEFAULT_TUNING },
            cache: 'f16',
            offload,
          });
          const { few } = plan.sequence(64);
          spec.layers.forEach(({ feedForward: { kind } }, layer) => {
            const own = few.filter((dispatch) => dispatch.layer === layer);
            expect(own.length).toBeLessThanOrEqual(most[kind]);
            expect(own.filter(({ stage }) => stage === 'cached')).toHaveLength(
              kind === 'moe' && cacheBytes > 0 ? 2 : 0,
            );
          });
        }
        await close();
      });
    },
  );

  it('reads no weight twice for a token, and all that the token needs', async () => {
    await withTinyModel({ family: 'llama', type: 'Q8_0' }, async ({ spec, weights }) => {
      const plan = reportPlan(spec, weights, { capacity: 64, position: 0, tokens: 1 });
      const needed = [...weights.tensors.values()]
        .filter(({ shape, role }) => shape.length > 1 && role !== 'embedding')
        .reduce((sum, { byteLength }) => sum + byteLength, 0);
      // One row of the embedding.
      expect(plan.weightBytes).toBe(needed + (spec.embeddingLength / 32) * 34);
    });
  });

  it('reads of a cache what it holds, and writes one row', async () => {
    await withTinyModel({ family: 'llama' }, async ({ spec, weights }) => {
      const rowBytes = spec.layers.length * 2 * 2 * 64 * 2;
      for (const position of [0, 5, 63]) {
        const { kvBytes } = reportPlan(spec, weights, { capacity: 64, position, tokens: 1 });
        expect(kvBytes).toBe((position + 2) * rowBytes);
      }
    });
  });

  it('for the embedded model moves at most a tenth more than its weights and its cache', async () => {
    const file = await openModel(path.resolve('media/model/glassbox-nano.gguf'));
    const { spec, weights } = file;
    const { dispatches, ...plan } = reportPlan(spec, weights, { capacity: 1024, position: 900, tokens: 1 });
    expect(plan.weightBytes + plan.kvBytes + plan.otherBytes).toBeLessThan(
      1.1 * (plan.weightBytes + plan.kvBytes),
    );
    expect(dispatches[0]?.name).toBe('embedding');
    expect(dispatches.at(-1)?.name).toBe('output');
    await file.close();
  });

  it('has the same kernels for every capacity: nothing is compiled for a conversation', async () => {
    await withTinyModel(TINY_VARIANTS.V3, async (file) => {
      const plan = planOf(file);
      const kernels = (capacity: number): string[] => {
        const { few, chunk, head } = plan.sequence(capacity);
        return [...few, ...chunk, ...head].map(({ kernel, blocks, constants, workgroupSize }) =>
          JSON.stringify([kernel, blocks, constants, workgroupSize]),
        );
      };
      expect(kernels(8192)).toEqual(kernels(1));
    });
  });

  it('cuts what no buffer holds, between rows or experts, and its pieces have all rows once', async () => {
    await withTinyModel({ ...TINY_VARIANTS['V2-Lite'], type: 'Q8_0' }, async (file) => {
      const bindingBytes = 128 << 10;
      const { weights, shards } = planOf(file, { ...LIMITS, bindingBytes, storageBuffers: 6 });
      for (const { quantBytes, scaleBytes } of shards.shards)
        expect(Math.max(quantBytes, scaleBytes)).toBeLessThanOrEqual(bindingBytes);
      expect(shards.shards.length).toBeGreaterThan(8);
      for (const { name, rows, grainRows } of weights.matrices) {
        let next = 0;
        for (const piece of shards.pieces.filter((candidate) => candidate.name === name)) {
          expect(piece.firstRow).toBe(next);
          expect(piece.firstRow % grainRows).toBe(0);
          next += piece.rows;
        }
        expect(next).toBe(rows);
      }
    });
  });

  it('does not begin where a layer’s cache is larger than a buffer', async () => {
    await withTinyModel({ family: 'llama' }, async (file) => {
      const plan = planOf(file, { ...LIMITS, bindingBytes: 1 << 20 });
      expect(() => plan.sequence(1024)).not.toThrow();
      expect(() => plan.sequence(1 << 16)).toThrow(/KV cache of layer 0 .* Use a smaller context/);
    });
  });
});

describe('A model that the kernels cannot compute is refused with the reason:', () => {
  const refused: readonly [string, TinyModelOptions, RegExp][] = [
    [
      'a stream',
      { embeddingLength: 48, headDim: 16, innerLength: 64 },
      /stream is 48 wide \(a multiple of 32/,
    ],
    ['a feed-forward', { innerLength: 80, embeddingLength: 64 }, /layer 0 has a feed-forward of 80 rows/],
    [
      'a latent space',
      { family: 'deepseek2', latent: { latentRank: 48 } },
      /latent space .* multiples of 32/,
    ],
  ];
  it.each(refused)('%s', async (_, options, message) => {
    await withTinyModel(options, async (file) => {
      expect(() => planOf(file)).toThrow(message);
      expect(() => planOf(file)).toThrow(expect.objectContaining({ code: 'model/unsupported' }));
    });
  });
});
