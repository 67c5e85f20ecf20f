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

/**
 * Whether a file means the same to us and to llama.cpp: the spec that we read from it, computed in double precision,
 * against llama.cpp on the same floats. A wrong rotary layout, scaling, norm, bias or tensor shows as an error of the
 * order of 1.
 */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-families-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Heads times their length is the width, which llama.cpp takes for granted in Qwen2. */
const SHAPE = { embeddingLength: 64, innerLength: 96, queryHeads: 4, kvHeads: 2, headDim: 16 };
const POSITIONS = 48;

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
