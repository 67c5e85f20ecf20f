import { describe, expect, it } from 'vitest';
import { describeModel } from '../../../src/cli/describeModel.ts';
import type { ExpertSummary, ModelSummary } from '../../../src/protocol/engine.ts';

const DENSE: ModelSummary = {
  path: '/models/tiny.gguf',
  name: 'Tiny',
  architecture: 'llama',
  parameters: 5e6,
  quantization: 'Q4_0',
  bitsPerWeight: 4.5,
  fileBytes: 3e6,
  layers: 6,
  embeddingLength: 256,
  vocabularySize: 4096,
  contextLength: 2048,
  hasChatTemplate: true,
  isReasoningModel: true,
  sampling: {
    temperature: 0.6,
    topK: 40,
    topP: 0.95,
    minP: 0,
    repetitionPenalty: 1,
    repetitionWindow: 64,
  },
  memory: {
    weightBytes: 3e6,
    kvBytes: 1e6,
    activationBytes: 1e6,
    totalBytes: 5e6,
    freeBytes: 1e9,
    fits: true,
  },
  kvBytesPerToken: 15_360,
  plainKvBytesPerToken: 15_360,
  draftLayers: 0,
};

/** Label to value. */
function rowsOf(model: ModelSummary): Record<string, string> {
  return Object.fromEntries(
    describeModel(model)
      .split('\n')
      .map((line) => line.split(/ {2,}/) as [string, string]),
  );
}

describe('the description of a model', () => {
  it('says nothing of experts and drafts where there are none', () => {
    const rows = rowsOf(DENSE);
    expect(rows['KV cache']).toBe('15.4 kB a token, keys and values');
    expect(rows).not.toHaveProperty('experts');
    expect(rows).not.toHaveProperty('draft layers');
  });

  it('tells experts, latent attention both ways, and drafts', () => {
    const rows = rowsOf({
      ...DENSE,
      kvBytesPerToken: 1920,
      latentAttention: { rank: 64, rotaryDim: 16 },
      experts: { layers: 5, routed: 16, topK: 2, shared: true, gate: 'sigmoid', selectionBias: true },
      draftLayers: 1,
    });
    expect(rows['experts']).toBe(
      '16 in each of 5 of 6 layers, 2 a token, sigmoid gate with a bias for the choice, a shared expert besides',
    );
    expect(rows['KV cache']).toBe(
      '1.92 kB a token, latent 64 + 16 floats a layer; plain keys and values would take 15.4 kB (8.0 times)',
    );
    expect(rows['draft layers']).toBe('1 (multi-token prediction)');
  });

  it('tells groups of experts', () => {
    const experts: ExpertSummary = {
      layers: 26,
      routed: 64,
      topK: 6,
      shared: false,
      gate: 'softmax',
      selectionBias: false,
      groups: { count: 8, chosen: 3 },
    };
    expect(rowsOf({ ...DENSE, layers: 27, experts })['experts']).toBe(
      '64 in each of 26 of 27 layers, 6 a token, from 3 of 8 groups, softmax gate, none shared',
    );
  });
});
