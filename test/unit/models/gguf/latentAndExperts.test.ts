import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelFileFault } from '../../../../src/models/modelErrors.ts';
import type { ModelFile } from '../../../../src/models/modelFile.ts';
import { openModel } from '../../../../src/models/openModel.ts';
import { GlassboxError } from '../../../../src/protocol/errors.ts';
import { quantize } from '../../../support/ggufQuantize.ts';
import type { GgufToWrite } from '../../../support/ggufWriter.ts';
import { float32, string, uint32, writeGguf } from '../../../support/ggufWriter.ts';
import { requantize } from '../../../support/requantize.ts';
import type { TinyModelOptions } from '../../../support/tinyModel.ts';
import { tinyModel } from '../../../support/tinyModel.ts';
import { TINY_VARIANTS } from '../../../support/tinyVariants.ts';
import { withTensor } from './brokenModel.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-experts-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function withModel<T>(
  model: TinyModelOptions | GgufToWrite,
  use: (model: ModelFile) => T | Promise<T>,
): Promise<T> {
  const file = path.join(folder, 'tiny.gguf');
  await writeGguf(file, 'tensors' in model ? model : tinyModel(model));
  const opened = await openModel(file);
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

describe('a file of the family deepseek2', () => {
  it('has latent attention, a dense layer, experts and a draft layer', () =>
    withModel(TINY_VARIANTS.V3, ({ spec, weights }) => {
      const attention = {
        kind: 'mla',
        queryHeads: 4,
        queryRank: 64,
        latentRank: 64,
        plainDim: 32,
        rotaryDim: 16,
        valueDim: 32,
        scale: 1 / Math.sqrt(48),
        rope: { dimensions: 16, base: 10_000, layout: 'interleaved', scaling: { kind: 'none' } },
      };
      const experts = {
        kind: 'moe',
        experts: 8,
        topK: 2,
        expertInnerLength: 64,
        sharedInnerLength: 64,
        gate: 'sigmoid',
        selectionBias: true,
        normalizeWeights: true,
        weightScale: 2.5,
        groups: { count: 4, chosen: 2 },
      };
      expect(spec.layers).toEqual([
        { attention, feedForward: { kind: 'dense', innerLength: 512 } },
        { attention, feedForward: experts },
      ]);
      expect(spec.draft).toEqual({ layers: [{ attention, feedForward: experts }] });
      const shapeOf = (role: Parameters<typeof weights.tensors.get>[0]) => weights.tensors.get(role)?.shape;
      expect(shapeOf('layer.0.attention.key.up')).toEqual([4, 64, 32]);
      expect(shapeOf('layer.0.attention.value.up')).toEqual([4, 32, 64]);
      expect(shapeOf('layer.1.experts.down')).toEqual([8, 256, 64]);
      expect(shapeOf('draft.0.projection')).toEqual([256, 512]);
      expect(weights.tensors.get('draft.0.output.norm')?.name).toBe('blk.2.nextn.shared_head_norm.weight');
    }));

  it('may be without query compression, bias, groups and draft, as V2-Lite is', () =>
    withModel(TINY_VARIANTS['V2-Lite'], ({ spec, weights }) => {
      expect(spec.layers[0]?.attention).not.toHaveProperty('queryRank');
      expect(spec.layers[1]?.feedForward).toEqual({
        kind: 'moe',
        experts: 6,
        topK: 3,
        expertInnerLength: 64,
        sharedInnerLength: 128,
        gate: 'softmax',
        selectionBias: false,
        normalizeWeights: false,
        weightScale: 1,
      });
      expect(spec).not.toHaveProperty('draft');
      expect(weights.tensors.get('layer.0.attention.query')?.shape).toEqual([4 * 48, 256]);
    }));

  it('means the same without the key of query compression as with a rank of 0', async () => {
    const spec = await withModel(TINY_VARIANTS['V2-Lite'], (model) => model.spec);
    const without = ['deepseek2.attention.q_lora_rank'];
    expect(await withModel({ ...TINY_VARIANTS['V2-Lite'], without }, (model) => model.spec)).toEqual(spec);
  });

  it('means the same with both upward projections in one tensor, as older files have them', async () => {
    const split = await withModel(TINY_VARIANTS.V3, (model) => model.spec.layers);
    await withModel(TINY_VARIANTS['V3, unsplit'], ({ spec, weights }) => {
      expect(spec.layers).toEqual(split);
      expect(weights.tensors.get('layer.1.attention.keyValue.up')?.shape).toEqual([4 * 64, 64]);
      expect(weights.tensors.has('layer.1.attention.key.up')).toBe(false);
    });
  });

  it('may name a draft layer that it does not hold', () => {
    const whole = tinyModel(TINY_VARIANTS.V3);
    const tensors = whole.tensors.filter(({ name }) => !name.startsWith('blk.2.'));
    return withModel({ ...whole, tensors }, ({ spec }) => {
      expect(spec.layers).toHaveLength(2);
      expect(spec).not.toHaveProperty('draft');
    });
  });

  it('limits nothing where it chooses every group', () =>
    withModel({ family: 'deepseek2', experts: { groups: { count: 4, chosen: 4 } } }, ({ spec }) => {
      expect(spec.layers[1]?.feedForward).not.toHaveProperty('groups');
    }));

  it("puts YaRN's magnitude into the scale of all dimensions, where its multiplier says so", async () => {
    const attentionOf = (multiplier: number) =>
      withModel(
        {
          ...TINY_VARIANTS.V3,
          metadata: {
            'deepseek2.rope.scaling.type': string('yarn'),
            'deepseek2.rope.scaling.factor': float32(40),
            'deepseek2.rope.scaling.original_context_length': uint32(512),
            'deepseek2.rope.scaling.yarn_log_multiplier': float32(multiplier),
          },
        },
        ({ spec }) => spec.layers[0]?.attention,
      );
    const magnitude = 1 + 0.125 * Math.log(40);
    expect(await attentionOf(0.125)).toMatchObject({
      scale: magnitude ** 2 / Math.sqrt(48),
      rope: { scaling: { kind: 'yarn', attentionFactor: 1 } },
    });
    const rotary = 1 + 0.1 * Math.log(40);
    expect(await attentionOf(0)).toMatchObject({
      scale: rotary ** 2 / Math.sqrt(48),
      rope: { scaling: { kind: 'yarn', attentionFactor: rotary } },
    });
  });
});

describe('a file of the family qwen3moe', () => {
  it('has experts in every layer, with softmax gates and normalised weights', () =>
    withModel(TINY_VARIANTS.qwen3moe, ({ spec }) => {
      for (const { attention, feedForward } of spec.layers) {
        expect(attention).toMatchObject({ kind: 'gqa', queryKeyNorm: true, bias: false });
        expect(feedForward).toEqual({
          kind: 'moe',
          experts: 8,
          topK: 2,
          expertInnerLength: 64,
          sharedInnerLength: 0,
          gate: 'softmax',
          selectionBias: false,
          normalizeWeights: true,
          weightScale: 1,
        });
      }
    }));

  it("gives each expert its share of a dense layer's length where the file does not say", () =>
    withModel(
      {
        family: 'qwen3moe',
        innerLength: 192,
        experts: { innerLength: 96 },
        without: ['qwen3moe.expert_feed_forward_length'],
      },
      ({ spec }) => {
        expect(spec.layers[0]?.feedForward).toMatchObject({ expertInnerLength: 96 });
      },
    ));

  it("is sampled as Qwen3's makers recommend", () =>
    withModel({ family: 'qwen3moe', thinkTokens: true }, ({ sampling }) => {
      expect(sampling).toMatchObject({ temperature: 0.6, topK: 20 });
    }));
});

describe('weights of experts', () => {
  it('are read by rows that count through all of them', () =>
    withModel({ ...TINY_VARIANTS.V3, type: 'Q8_0' }, async ({ weights }) => {
      const whole = await weights.read('layer.1.experts.up');
      const rowBytes = (256 / 32) * 34;
      expect(whole).toHaveLength(8 * 64 * rowBytes);
      // The third expert's.
      const rows = await weights.readRows('layer.1.experts.up', 2 * 64, 64);
      expect(Buffer.from(rows).equals(whole.subarray(2 * 64 * rowBytes, 3 * 64 * rowBytes))).toBe(true);
      await expect(weights.readRows('layer.1.experts.up', 8 * 64, 1)).rejects.toThrow(RangeError);
    }));

  it.each([
    ['router', 'ffn_gate_inp.weight', NaN],
    ['router.bias', 'exp_probs_b.bias', -Infinity],
  ] as const)('are refused when the %s holds what is no number', async (role, name, poison) => {
    const model = withTensor(tinyModel(TINY_VARIANTS.V3), `blk.1.${name}`, (tensor) => {
      const weights = new Float32Array(tensor.shape.reduce((product, length) => product * length, 1));
      weights[5] = poison;
      return [{ ...tensor, pieces: () => [quantize('F32', weights)] }];
    });
    await withModel(model, async ({ weights }) => {
      const thrown: unknown = await weights.read(`layer.1.${role}`).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(GlassboxError);
      const { code, message, details } = thrown as GlassboxError;
      expect(code).toBe('model/corrupt');
      expect((details as ModelFileFault).field).toBe(`tensor "blk.1.${name}"`);
      expect(message).toContain(`${String(poison)} at place 5`);
    });
  });

  it('take the types that llama.cpp would give them, and routers none', async () => {
    const [from, to] = [path.join(folder, 'f32.gguf'), path.join(folder, 'q4k.gguf')];
    await writeGguf(from, tinyModel({ family: 'deepseek2', experts: { innerLength: 256 } }));
    await requantize(from, to, { type: 'Q4_K' });
    const { weights, close } = await openModel(to);
    expect(weights.tensors.get('layer.1.experts.down')?.type).toBe('Q4_K');
    expect(weights.tensors.get('layer.1.attention.key.up')?.type).toBe('Q5_0');
    expect(weights.tensors.get('layer.1.router')?.type).toBe('F32');
    await close();
  });
});
