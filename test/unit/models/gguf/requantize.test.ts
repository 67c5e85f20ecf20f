import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openModel } from '../../../../src/models/openModel.ts';
import { dequantize } from '../../../../src/models/quantization/dequantize.ts';
import { requantize } from '../../../support/requantize.ts';
import { writeTinyModel } from '../../../support/tinyModel.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-requantize-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('a file rewritten as F32 says exactly what the quantized one means', async () => {
  const [from, to] = [path.join(folder, 'q4k.gguf'), path.join(folder, 'f32.gguf')];
  await writeTinyModel(from, { family: 'qwen3', type: 'Q4_K', embeddingType: 'Q6_K' });
  await requantize(from, to, { type: 'F32' });
  const [quantized, floats] = await Promise.all([openModel(from), openModel(to)]);
  expect(floats.spec).toEqual(quantized.spec);
  expect(floats.readTokenizer()).toEqual(quantized.readTokenizer());
  for (const [role, { type }] of quantized.weights.tensors) {
    expect(floats.weights.tensors.get(role)?.type).toBe('F32');
    const expected = dequantize(type, await quantized.weights.read(role));
    const written = await floats.weights.read(role);
    expect(Buffer.from(expected.buffer).equals(written), role).toBe(true);
  }
  await Promise.all([quantized.close(), floats.close()]);
});

it('rows that are no whole number of super-blocks take the type that llama.cpp would give them', async () => {
  const [from, to] = [path.join(folder, 'narrow.gguf'), path.join(folder, 'q4k-narrow.gguf')];
  await writeTinyModel(from, { embeddingLength: 96, innerLength: 512, headDim: 64 });
  await requantize(from, to, { type: 'Q4_K' });
  const { weights, close } = await openModel(to);
  expect(weights.tensors.get('layer.0.feedForward.up')?.type).toBe('Q5_0');
  expect(weights.tensors.get('layer.0.feedForward.down')?.type).toBe('Q4_K');
  expect(weights.tensors.get('layer.0.attention.norm')?.type).toBe('F32');
  await close();
});
