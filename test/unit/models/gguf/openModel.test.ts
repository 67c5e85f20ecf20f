import { mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelFile } from '../../../../src/models/modelFile.ts';
import { openModel } from '../../../../src/models/openModel.ts';
import { dequantize } from '../../../../src/models/quantization/dequantize.ts';
import { QUANTIZATION_TYPES } from '../../../../src/models/weights.ts';
import { float32, string, uint32, writeGguf } from '../../../support/ggufWriter.ts';
import type { TinyModelOptions } from '../../../support/tinyModel.ts';
import { tinyModel, writeTinyModel } from '../../../support/tinyModel.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-gguf-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function withTiny<T>(options: TinyModelOptions, use: (model: ModelFile) => T | Promise<T>): Promise<T> {
  const file = path.join(folder, 'tiny.gguf');
  await writeTinyModel(file, options);
  const model = await openModel(file);
  try {
    return await use(model);
  } finally {
    await model.close();
  }
}

describe('openModel', () => {
  it('describes a llama model', () =>
    withTiny({ family: 'llama', type: 'Q4_0' }, ({ spec, quantization, weights }) => {
      expect(spec).toMatchObject({
        name: 'Tiny llama',
        architecture: 'llama',
        embeddingLength: 256,
        contextLength: 2048,
        tiedEmbedding: false,
        normEpsilon: Math.fround(1e-5),
      });
      expect(spec.layers).toHaveLength(2);
      expect(spec.layers[1]).toEqual({
        attention: {
          kind: 'gqa',
          queryHeads: 4,
          kvHeads: 2,
          headDim: 64,
          bias: false,
          queryKeyNorm: false,
          scale: 1 / 8,
          rope: { dimensions: 64, base: 10_000, layout: 'interleaved', scaling: { kind: 'none' } },
        },
        feedForward: { kind: 'dense', innerLength: 512 },
      });
      expect(quantization.type).toBe('Q4_0');
      // Every matrix has 4.5 bits; the few vectors have 32.
      expect(quantization.bitsPerWeight).toBeGreaterThan(4.5);
      expect(quantization.bitsPerWeight).toBeLessThan(4.6);
      expect(weights.tensors.get('layer.1.feedForward.down')).toMatchObject({
        name: 'blk.1.ffn_down.weight',
        type: 'Q4_0',
        shape: [256, 512],
        byteLength: (256 * 512 * 18) / 32,
      });
    }));

  it('gives Qwen2 biases and rotation by halves', () =>
    withTiny({ family: 'qwen2' }, ({ spec, weights }) => {
      expect(spec.layers[0]?.attention).toMatchObject({ bias: true, queryKeyNorm: false });
      expect(spec.layers[0]?.attention.rope.layout).toBe('halves');
      expect(weights.tensors.get('layer.0.attention.key.bias')?.shape).toEqual([128]);
    }));

  it('gives Qwen3 norms on the heads of query and key', () =>
    withTiny({ family: 'qwen3' }, ({ spec, weights }) => {
      expect(spec.layers[0]?.attention).toMatchObject({ bias: false, queryKeyNorm: true });
      expect(weights.tensors.get('layer.0.attention.query.norm')?.shape).toEqual([64]);
    }));

  it('sees that a model without an output matrix uses its embedding', () =>
    withTiny({ tiedEmbedding: true }, ({ spec, weights }) => {
      expect(spec.tiedEmbedding).toBe(true);
      expect(weights.tensors.has('output')).toBe(false);
    }));

  it('finds biases of a llama model where the file has them', () =>
    withTiny({ bias: true }, ({ spec }) => {
      expect(spec.layers[0]?.attention).toMatchObject({ bias: true });
    }));

  it('reads version 2 as version 3', async () => {
    const spec = await withTiny({ version: 3 }, (model) => model.spec);
    expect(await withTiny({ version: 2 }, (model) => model.spec)).toEqual(spec);
  });

  it('takes as many key/value heads as query heads when the file does not say', async () => {
    const gguf = tinyModel({ kvHeads: 4 });
    const metadata = Object.fromEntries(
      Object.entries(gguf.metadata).filter(([key]) => key !== 'llama.attention.head_count_kv'),
    );
    const file = path.join(folder, 'multi-head.gguf');
    await writeGguf(file, { ...gguf, metadata });
    const model = await openModel(file);
    expect(model.spec.layers[0]?.attention).toMatchObject({ kvHeads: 4 });
    await model.close();
  });

  it.each(QUANTIZATION_TYPES)('reads back the bytes of %s, by rows and whole', (type) =>
    withTiny({ type, seed: 7 }, async ({ weights }) => {
      const expected = tinyModel({ type, seed: 7 }).tensors.find(
        ({ name }) => name === 'blk.0.attn_q.weight',
      );
      const [bytes] = [...((expected?.pieces() ?? []) as Iterable<Uint8Array>)];
      const whole = await weights.read('layer.0.attention.query');
      expect(Buffer.from(whole).equals(bytes ?? Buffer.alloc(0))).toBe(true);
      expect(whole.byteOffset % 4).toBe(0);
      const rowBytes = whole.length / 256;
      const rows = await weights.readRows('layer.0.attention.query', 3, 5);
      expect(Buffer.from(rows).equals(whole.subarray(3 * rowBytes, 8 * rowBytes))).toBe(true);
      // Weights of deviation 1/16 over 256 columns: what was decoded must have that spread.
      const decoded = dequantize(type, whole);
      const meanSquare = decoded.reduce((sum, weight) => sum + weight * weight, 0) / decoded.length;
      // Rounding to 16 levels adds less than a tenth to it (step²/12 with a step of at most 8/15 deviations is 0.024).
      expect(Math.sqrt(meanSquare) * 16).toBeCloseTo(1, 1);
    }),
  );

  it('reads widths that are no power of two', () =>
    withTiny(
      { type: 'Q8_0', embeddingLength: 96, innerLength: 160, queryHeads: 3, kvHeads: 1, headDim: 32 },
      ({ weights }) => {
        expect(weights.tensors.get('layer.0.feedForward.up')).toMatchObject({
          shape: [160, 96],
          byteLength: 160 * 3 * 34,
        });
      },
    ));

  it('refuses rows outside a tensor', () =>
    withTiny({}, async ({ weights }) => {
      await expect(weights.readRows('layer.0.attention.query', 250, 7)).rejects.toThrow(RangeError);
      await expect(weights.readRows('layer.0.attention.query', -1, 1)).rejects.toThrow(RangeError);
    }));

  it('hands the tokenizer its vocabulary', () =>
    withTiny({ thinkTokens: true }, (model) => {
      const source = model.readTokenizer();
      expect(source).toMatchObject({ model: 'gpt2', pre: 'llama-bpe', addBosToken: false });
      expect(source.tokens).toHaveLength(model.spec.vocabularySize);
      expect(source.tokens[source.eosTokenId ?? -1]).toBe('<|im_end|>');
      expect(source.tokens).toContain('Ġfunction');
      expect(source.merges[0]).toBe('Ġ t');
      expect(source.tokenTypes?.[source.tokens.indexOf('<think>')]).toBe(4);
    }));

  it('decodes strings that are not valid UTF-8 one by one', async () => {
    const gguf = tinyModel();
    const file = path.join(folder, 'latin.gguf');
    await writeGguf(file, gguf);
    const handle = await open(file, 'r+');
    const bytes = await handle.readFile();
    const at = bytes.indexOf('Ġfunction');
    await handle.write(Buffer.from([0xff]), 0, 1, at + 3);
    await handle.close();
    const model = await openModel(file);
    const { tokens } = model.readTokenizer();
    expect(tokens).toContain('Ġf\ufffdnction');
    expect(tokens).toContain('Ġreturn');
    await model.close();
  });

  it('knows a reasoning model by its vocabulary or its template', async () => {
    expect(await withTiny({}, (model) => model.isReasoningModel)).toBe(false);
    expect(await withTiny({ thinkTokens: true }, (model) => model.isReasoningModel)).toBe(true);
    const metadata = { 'tokenizer.chat_template': string("{{ '<think>' }}") };
    expect(await withTiny({ metadata }, (model) => model.isReasoningModel)).toBe(true);
  });

  it('recommends what makers recommend, and what the file says before that', async () => {
    const common = await withTiny({}, (model) => model.sampling);
    expect(common).toMatchObject({ temperature: 0.7, repetitionPenalty: 1 });
    const r1 = await withTiny({ family: 'qwen2', thinkTokens: true }, (model) => model.sampling);
    expect(r1).toMatchObject({ temperature: 0.6, topP: 0.95, topK: 0, minP: 0 });
    const metadata = { 'general.sampling.temp': float32(0.25), 'general.sampling.top_k': uint32(5) };
    const written = await withTiny({ metadata }, (model) => model.sampling);
    expect(written).toEqual({ ...common, temperature: 0.25, topK: 5 });
  });

  it('treats an id of -1 as a token the model does not have', () =>
    withTiny({ metadata: { 'tokenizer.ggml.padding_token_id': uint32(0xffffffff) } }, (model) => {
      expect(model.readTokenizer()).not.toHaveProperty('paddingTokenId');
    }));

  it('makes one line of a name', () =>
    withTiny({ metadata: { 'general.name': string(' A\u0000\nname\u202e ') } }, ({ spec }) => {
      expect(spec.name).toBe('A name');
    }));
});

describe('rotary embedding in a file', () => {
  const scalingOf = (metadata: TinyModelOptions['metadata'] = {}, options: TinyModelOptions = {}) =>
    withTiny({ ...options, metadata }, ({ spec }) => spec.layers[0]?.attention.rope.scaling);

  it('may be scaled by a factor', async () => {
    const factor = { 'llama.rope.scaling.factor': float32(4) };
    expect(await scalingOf({ 'llama.rope.scaling.type': string('linear'), ...factor })).toEqual({
      kind: 'linear',
      factor: 4,
    });
    expect(await scalingOf({ 'llama.rope.scaling.type': string('none'), ...factor })).toEqual({
      kind: 'none',
    });
  });

  it('may have a divisor for each frequency', async () => {
    const ropeFactors = Array.from({ length: 32 }, (_, i) => 1 + i / 4);
    expect(await scalingOf({}, { ropeFactors })).toEqual({ kind: 'factors', factors: ropeFactors });
  });

  it('may use YaRN, with the defaults of llama.cpp', async () => {
    const metadata = {
      'llama.rope.scaling.type': string('yarn'),
      'llama.rope.scaling.factor': float32(4),
      'llama.rope.scaling.original_context_length': uint32(512),
    };
    expect(await scalingOf(metadata)).toEqual({
      kind: 'yarn',
      factor: 4,
      originalContext: 512,
      betaFast: 32,
      betaSlow: 1,
      attentionFactor: 0.1 * Math.log(4) + 1,
    });
    const betas = {
      'llama.rope.scaling.yarn_beta_fast': float32(8),
      'llama.rope.scaling.yarn_beta_slow': float32(2),
    };
    expect(await scalingOf({ ...metadata, ...betas })).toMatchObject({ betaFast: 8, betaSlow: 2 });
  });
});
