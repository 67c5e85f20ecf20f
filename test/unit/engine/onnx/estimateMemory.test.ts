import { describe, expect, it } from 'vitest';
import { createOnnxBackend } from '../../../../src/engine/backends/onnx/onnxBackend.ts';
import { planShards } from '../../../../src/engine/backends/onnx/shardPlan.ts';
import { withTinyModel } from './tinyBackend.ts';

describe('the memory estimate', () => {
  it.each([
    ['floats', 'onnxruntime', 4],
    ['half floats', 'glassbox', 2],
  ] as const)(
    'grows with the context by two %s a head dimension and layer with %s',
    async (_, kernels, bytes) => {
      await withTinyModel({ type: 'Q4_0', layers: 3, kvHeads: 2, headDim: 64 }, async ({ spec, weights }) => {
        const backend = createOnnxBackend({ kernels });
        const short = await backend.estimate(spec, weights, { contextTokens: 100 });
        const long = await backend.estimate(spec, weights, { contextTokens: 1100 });
        const perToken = (long.kvBytes - short.kvBytes) / 1000;
        const ropeTables = 64 * 4; // cos and sin of 32 pairs
        expect(perToken).toBe(2 * bytes * 3 * 2 * 64 + ropeTables);
        expect(long.weightBytes).toBe(short.weightBytes);
      });
    },
  );

  it('counts the latents that a run turns into values, and the states of its blocks', async () => {
    const latent = { latentRank: 64 };
    await withTinyModel({ family: 'deepseek2', type: 'Q8_0', latent }, async ({ spec, weights }) => {
      const backend = createOnnxBackend({ kernels: 'glassbox' });
      // Both so long that attention is the widest moment of a pass.
      const short = await backend.estimate(spec, weights, { contextTokens: 128_000 });
      const long = await backend.estimate(spec, weights, { contextTokens: 256_000 });
      const perToken = (long.activationBytes - short.activationBytes) / 128_000;
      // A chunk has as many tokens as a block has positions: one state for each position.
      expect(perToken).toBe(2 * 64 + 4 * (64 + 16));
    });
  });

  it('counts weights by their representation and the embedding as it is in the file', async () => {
    const model = {
      layers: 1,
      embeddingLength: 256,
      innerLength: 512,
      queryHeads: 4,
      kvHeads: 2,
      headDim: 64,
    };
    await withTinyModel({ ...model, type: 'Q4_0', embeddingType: 'Q8_0' }, async ({ spec, weights }) => {
      const { weightBytes } = await createOnnxBackend({ kernels: 'onnxruntime' }).estimate(spec, weights, {
        contextTokens: 1,
      });
      const layer = 256 * (256 + 128 + 128 + 256) + 3 * 256 * 512;
      const vocabulary = spec.vocabularySize * 256;
      expect(weightBytes).toBe((layer * 7) / 8 + (vocabulary * 11) / 8 + (vocabulary * 34) / 32);
    });
  });

  it("counts weights as Glassbox's kernels pack them, in panels of 16 rows", async () => {
    const model = {
      layers: 1,
      embeddingLength: 256,
      innerLength: 512,
      queryHeads: 4,
      kvHeads: 2,
      headDim: 64,
    };
    await withTinyModel({ ...model, type: 'Q4_0', embeddingType: 'Q8_0' }, async ({ spec, weights }) => {
      const { weightBytes } = await createOnnxBackend({ kernels: 'glassbox' }).estimate(spec, weights, {
        contextTokens: 1,
      });
      // Codes and half scales: as many bits as in the file. Rows are filled up to panels of the output matrix, not of the
      // embeddings, which stay as they are.
      const layer = 256 * (256 + 128 + 128 + 256) + 3 * 256 * 512;
      const panels = Math.ceil(spec.vocabularySize / 16);
      expect(weightBytes).toBe((layer * 4.5 + (16 * panels + spec.vocabularySize) * 256 * 8.5) / 8);
    });
  });

  it('counts every expert, though a token meets only some', async () => {
    const model = {
      layers: 2,
      embeddingLength: 256,
      queryHeads: 4,
      kvHeads: 2,
      headDim: 64,
      experts: { count: 8, topK: 2, innerLength: 64 },
    };
    await withTinyModel({ ...model, family: 'qwen3moe', type: 'Q4_0' }, async ({ spec, weights }) => {
      const { weightBytes } = await createOnnxBackend({ kernels: 'onnxruntime' }).estimate(spec, weights, {
        contextTokens: 1,
      });
      const layer = 256 * (256 + 128 + 128 + 256) + 8 * 3 * 256 * 64;
      const router = 8 * 256;
      const vocabulary = spec.vocabularySize * 256;
      const packed = (2 * layer + vocabulary) * (7 / 8);
      expect(weightBytes).toBe(packed + 2 * router * 4 + (vocabulary * 18) / 32);
    });
  });
});

describe('the shards of a model', () => {
  const isHandedOver = (): boolean => true;

  it('cover every layer once, in order, and end with the head', async () => {
    await withTinyModel({ type: 'Q4_0', layers: 5 }, async ({ spec, weights }) => {
      for (const size of [1, 300_000, 1 << 30]) {
        const shards = planShards(spec, weights, { isHandedOver, shardBytes: size });
        const layers = shards.flatMap((shard) =>
          shard.kind === 'layers'
            ? Array.from({ length: shard.layerCount }, (_, i) => shard.firstLayer + i)
            : [],
        );
        expect(layers).toEqual([0, 1, 2, 3, 4]);
        expect(shards.map(({ kind }) => kind).indexOf('head')).toBe(shards.length - 1);
      }
    });
  });

  it('hold more layers where a token reads only some experts, up to twice as many bytes', async () => {
    const experts = { count: 32, topK: 1, innerLength: 64 };
    await withTinyModel(
      { family: 'qwen3moe', type: 'Q4_0', layers: 6, experts },
      async ({ spec, weights }) => {
        const layer = [...weights.tensors.values()]
          .filter(({ role }) => role.startsWith('layer.0.'))
          .reduce((sum, { byteLength }) => sum + byteLength, 0);
        const layersOf = (shardBytes: number): number[] =>
          planShards(spec, weights, { isHandedOver, shardBytes }).flatMap((shard) =>
            shard.kind === 'layers' ? [shard.layerCount] : [],
          );
        // Of a layer a token reads an eighth.
        expect(layersOf(layer / 10)).toEqual([1, 1, 1, 1, 1, 1]);
        expect(layersOf(0.6 * layer)).toEqual([2, 2, 2]);
        expect(layersOf(1.1 * layer)).toEqual([3, 3]);
      },
    );
  });
});
