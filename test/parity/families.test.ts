import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openModel } from '../../src/models/openModel.ts';
import type { GgufMetadataEntries } from '../support/ggufWriter.ts';
import { float32, string, uint32 } from '../support/ggufWriter.ts';
import { LlamaCpp } from '../support/llamaCpp.ts';
import { ReferenceModel } from '../support/referenceModel.ts';
import type { TinyModelOptions } from '../support/tinyModel.ts';
import { writeTinyModel } from '../support/tinyModel.ts';
import { TINY_VARIANTS } from '../support/tinyVariants.ts';

/**
 * Whether a file means the same to us and to llama.cpp: the spec that we read from it, computed in double precision,
 * against llama.cpp on the same floats. A wrong rotary layout, scaling, norm, bias or tensor shows as an error of the
 * order of 1, a wrong choice of experts or weight of theirs as one of 1e-4 and more.
 */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-families-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Heads times their length is the width, which llama.cpp takes for granted in Qwen2. */
const SHAPE = { embeddingLength: 64, innerLength: 96, queryHeads: 4, kvHeads: 2, headDim: 16 };
const POSITIONS = 48;

const V3 = TINY_VARIANTS.V3;
const V2_LITE = TINY_VARIANTS['V2-Lite'];
const deepseekYarn = (logMultiplier?: number): GgufMetadataEntries => ({
  'deepseek2.rope.scaling.type': string('yarn'),
  'deepseek2.rope.scaling.factor': float32(4),
  'deepseek2.rope.scaling.original_context_length': uint32(512),
  ...(logMultiplier !== undefined && {
    'deepseek2.rope.scaling.yarn_log_multiplier': float32(logMultiplier),
  }),
});

const yarn = (more: GgufMetadataEntries = {}): GgufMetadataEntries => ({
  'qwen2.rope.scaling.type': string('yarn'),
  'qwen2.rope.scaling.factor': float32(4),
  'qwen2.rope.scaling.original_context_length': uint32(512),
  ...more,
});

const models: readonly [string, TinyModelOptions][] = [
  ['llama', { family: 'llama' }],
  ['qwen2', { family: 'qwen2' }],
  ['qwen3', { family: 'qwen3' }],
  ['qwen3 with heads wider than its stream', { family: 'qwen3', headDim: 32 }],
  ['llama with one key/value head for each query head', { kvHeads: 4 }],
  ['llama with its embedding as output', { tiedEmbedding: true }],
  ['llama with biases', { bias: true }],
  ['llama with Llama 3 rope factors', { ropeFactors: [1, 1, 1.5, 2, 4, 8, 8, 8] }],
  [
    'llama with linear scaling',
    { metadata: { 'llama.rope.scaling.type': string('linear'), 'llama.rope.scaling.factor': float32(4) } },
  ],
  ['llama with a scaling factor alone', { metadata: { 'llama.rope.scaling.factor': float32(4) } }],
  ['llama with the old key of linear scaling', { metadata: { 'llama.rope.scale_linear': float32(4) } }],
  [
    'llama with a scaling factor switched off',
    { metadata: { 'llama.rope.scaling.type': string('none'), 'llama.rope.scaling.factor': float32(4) } },
  ],
  ['qwen2 with YaRN', { family: 'qwen2', metadata: yarn() }],
  [
    'qwen2 with YaRN and an attention factor',
    { family: 'qwen2', metadata: yarn({ 'qwen2.rope.scaling.attn_factor': float32(1.5) }) },
  ],
  [
    'qwen2 with YaRN and a YaRN attention factor',
    { family: 'qwen2', metadata: yarn({ 'qwen2.rope.scaling.yarn_attn_factor': float32(1.5) }) },
  ],
  ['qwen3moe', TINY_VARIANTS.qwen3moe],
  [
    'qwen3moe without the length of an expert',
    { family: 'qwen3moe', experts: { innerLength: 48 }, without: ['qwen3moe.expert_feed_forward_length'] },
  ],
  ['deepseek2 as V2-Lite', V2_LITE],
  [
    'deepseek2 as V2-Lite in its 27 layers, without the key of query compression',
    // llama.cpp knows a file without the key by its 26 or 27 layers alone.
    {
      ...V2_LITE,
      layers: 27,
      experts: { ...V2_LITE.experts, count: 4, topK: 2, innerLength: 32 },
      without: ['deepseek2.attention.q_lora_rank'],
    },
  ],
  ['deepseek2 as V3, whose draft layer llama.cpp leaves out of its logits too', V3],
  ['deepseek2 as V3, unsplit', TINY_VARIANTS['V3, unsplit']],
  ['deepseek2 as V3 without groups', { family: 'deepseek2', experts: { groups: { count: 1, chosen: 1 } } }],
  ['deepseek2 with a softmax gate that a bias helps', { family: 'deepseek2', experts: { gate: 'softmax' } }],
  ['deepseek2 with YaRN', { ...V3, metadata: deepseekYarn() }],
  ['deepseek2 with YaRN as V2-Lite', { ...V3, metadata: deepseekYarn(0.0707) }],
  ['deepseek2 with YaRN as V3', { ...V3, metadata: deepseekYarn(0.1) }],
  [
    'deepseek2 with YaRN and an attention factor',
    { ...V3, metadata: { ...deepseekYarn(0.1), 'deepseek2.rope.scaling.attn_factor': float32(1.5) } },
  ],
];

it.each(models)('a file means the same to Glassbox and to llama.cpp: %s', async (_, options) => {
  const file = path.join(folder, 'model.gguf');
  await writeTinyModel(file, { ...SHAPE, ...options });
  const model = await openModel(file);
  const reference = await ReferenceModel.load(model.spec, model.weights);
  await model.close();
  const tokens = Array.from({ length: POSITIONS }, (_, i) => (i * 37 + 11) % 300);
  const expected = reference.logits(tokens);

  const llama = await LlamaCpp.open(file, { contextTokens: 128, floatAttention: true });
  let error = 0;
  let size = 0;
  await llama.logits(tokens, (position, logits) => {
    expected[position]?.forEach((value, token) => {
      error += ((logits[token] ?? NaN) - value) ** 2;
      size += value ** 2;
    });
  });
  await llama.dispose();
  // llama.cpp sums in binary32: products of K = 96 terms and some 20 of them in a row lose about 2^-24 * sqrt(96 * 20) of
  // their size, 2.6e-6, and a squared error of 7e-12. YaRN's angles are computed in binary32 too: up to 48 * 2^-24 off.
  expect(error / size).toBeLessThan(1e-11);
});
