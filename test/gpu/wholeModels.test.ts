import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Backend, BackendSequence } from '../../src/engine/backends/backend.ts';
import { createGpuBackend } from '../../src/engine/backends/gpu/gpuBackend.ts';
import { planOffload } from '../../src/engine/backends/gpu/offloadPlan.ts';
import { reportPlan } from '../../src/engine/backends/gpu/reportPlan.ts';
import { createOnnxBackend } from '../../src/engine/backends/onnx/onnxBackend.ts';
import type { ModelFile } from '../../src/models/modelFile.ts';
import { openModel } from '../../src/models/openModel.ts';
import { madeModel, smolLM2Path } from '../support/assets.ts';
import { DistributionComparison, LogitsRecord } from '../support/distributionComparison.ts';
import { LlamaCpp } from '../support/llamaCpp.ts';
import { requantize } from '../support/requantize.ts';
import { testAdapter } from './support/gpuModels.ts';
import { useOptimizedDriver } from './support/optimizedDriver.ts';

/** Of a text of real code, computed in tiles of many tokens; and tokens that are then chosen one by one. */
const PROMPT_TOKENS = 40;
const CHOSEN_TOKENS = 64;

/**
 * Weights and inputs of the prompt's products, keys and values go through halves, each off by at most 2^-11 of its own size. That is no
 * more than rounding the inputs to 12 bits, to 2^-12 of a block's largest, on both sides: what parity bounds with this divergence
 * (test/parity/logits.test.ts).
 */
const HALF_DIVERGENCE = 1.1e-4;

const MODELS: readonly {
  readonly name: string;
  readonly file: () => Promise<string>;
  readonly floats: string;
  /** Parts of the experts that lie in slots, each with the same bits; absent: all experts are on the GPU. */
  readonly slotShares?: readonly number[];
}[] = [
  { name: 'SmolLM2', file: smolLM2Path, floats: 'SmolLM2-135M-Instruct.Q4_1-as-F32.gguf' },
  {
    name: 'glassbox-nano',
    file: () => Promise.resolve(path.resolve('media/model/glassbox-nano.gguf')),
    floats: 'glassbox-nano-1-as-F32.gguf',
  },
  {
    name: 'glassbox-nano, experts split',
    file: () => Promise.resolve(path.resolve('media/model/glassbox-nano.gguf')),
    floats: 'glassbox-nano-1-as-F32.gguf',
    slotShares: [0.25, 0],
  },
];

beforeAll(useOptimizedDriver);
/** Models of a size that people use, on a driver that computes on the CPU, which others may need. */
vi.setConfig({ testTimeout: 900_000 });

describe.each(MODELS)('$name', ({ file: fileOf, floats, slotShares }) => {
  test('chooses the same tokens on the GPU as on the CPU, and its logits are those of llama.cpp', async () => {
    const quantizedFile = await fileOf();
    const floatFile = await madeModel(floats, (file) => requantize(quantizedFile, file, { type: 'F32' }));
    const llama = await LlamaCpp.open(floatFile, { contextTokens: 256, floatAttention: true });
    const source = await readFile(path.resolve('test/fixtures/code/chat.ts.txt'), 'utf8');
    const prompt = llama.tokenize(source).slice(0, PROMPT_TOKENS);
    const file = await openModel(quantizedFile);
    const { spec } = file;
    const vocabulary = spec.vocabularySize;

    const tokens = [...prompt];
    const onGpu = new LogitsRecord(PROMPT_TOKENS + CHOSEN_TOKENS, vocabulary);
    const { expertBytes } = planOffload(spec, file.weights, { cacheBytes: 0 }, Infinity);
    const [first, ...others] =
      slotShares?.map((share) => ({ offload: { cacheBytes: share * expertBytes } })) ?? [];
    await withSequence(createGpuBackend({ ...testAdapter(), ...first }), file, async (sequence) => {
      const logits = await sequence.append(prompt, { allLogits: true });
      prompt.forEach((_, row) => onGpu.set(row, logits.slice(row * vocabulary, (row + 1) * vocabulary)));
      let last = logits.subarray((PROMPT_TOKENS - 1) * vocabulary);
      for (let i = 0; i < CHOSEN_TOKENS; i++) {
        const token = bestOf(last);
        tokens.push(token);
        last = await sequence.append([token]);
        onGpu.set(PROMPT_TOKENS + i, last);
      }
    });
    for (const other of others)
      await withSequence(createGpuBackend({ ...testAdapter(), ...other }), file, async (sequence) => {
        const rows = await sequence.append(prompt, { allLogits: true });
        expect(rows.slice(-vocabulary)).toEqual(Float32Array.from(onGpu.at(PROMPT_TOKENS - 1)));
        for (let position = PROMPT_TOKENS; position < tokens.length; position++)
          expect(await sequence.append(tokens.slice(position, position + 1))).toEqual(
            Float32Array.from(onGpu.at(position)),
          );
      });
    const onCpu = new LogitsRecord(tokens.length, vocabulary);
    await withSequence(createOnnxBackend({ accuracyLevel: 0 }), file, async (sequence) => {
      const logits = await sequence.append(tokens, { allLogits: true });
      tokens.forEach((_, row) => onCpu.set(row, logits.slice(row * vocabulary, (row + 1) * vocabulary)));
      // What is chosen behind these tokens is what the CPU would have chosen at each of them.
      const chosen = tokens.slice(PROMPT_TOKENS);
      const byCpu = chosen.map((_, i) => {
        const row = PROMPT_TOKENS - 1 + i;
        return bestOf(logits.subarray(row * vocabulary, (row + 1) * vocabulary));
      });
      expect(chosen).toEqual(byCpu);
    });
    await file.close();
    const byLlama = new LogitsRecord(tokens.length, vocabulary);
    await llama.logits(tokens, (position, each) => byLlama.set(position, each));
    await llama.dispose();
    for (const [name, reference] of [
      ['the CPU', onCpu],
      ['llama.cpp', byLlama],
    ] as const) {
      const comparison = new DistributionComparison(reference);
      for (let position = 0; position < tokens.length; position++)
        comparison.add(position, onGpu.at(position));
      console.log(`${spec.name} on the GPU and ${name}: ${comparison}`);
      expect(comparison.positions).toBe(tokens.length);
      expect(comparison.meanDivergence).toBeLessThan(HALF_DIVERGENCE);
    }
  });
});

test('A decoded token moves little more than the weights that it needs and the cache behind it', async () => {
  for (const { file: fileOf } of MODELS) {
    const file = await openModel(await fileOf());
    const { spec, weights } = file;
    const position = 1000;
    const pass = { capacity: 1024, position, tokens: 1 };
    const plan = reportPlan(spec, weights, pass);
    const moved = plan.weightBytes + plan.kvBytes + plan.otherBytes;
    const share = (role: string): number => {
      const feedForward = spec.layers[Number(/^layer\.(\d+)\./.exec(role)?.[1])]?.feedForward;
      return feedForward?.kind === 'moe' && role.includes('.experts.')
        ? feedForward.topK / feedForward.experts
        : 1;
    };
    const needed = [...weights.tensors.values()]
      .filter(({ role }) => /^(layer|output)/.test(role) || (role === 'embedding' && spec.tiedEmbedding))
      .reduce((sum, { role, byteLength }) => sum + share(role) * byteLength, 0);
    const rowsBytes = spec.layers.reduce(
      (sum, { attention }) =>
        sum +
        2 *
          (attention.kind === 'gqa'
            ? 2 * attention.kvHeads * attention.headDim
            : attention.latentRank + attention.rotaryDim),
      0,
    );
    expect(moved).toBeLessThan(1.1 * (needed + (position + 1) * rowsBytes));
    // Nothing that a token needs is left out.
    expect(moved).toBeGreaterThan(needed + (position + 1) * rowsBytes);
    await file.close();
  }
});

async function withSequence(
  backend: Backend,
  { spec, weights }: ModelFile,
  use: (sequence: BackendSequence) => Promise<void>,
): Promise<void> {
  const model = await backend.load(spec, weights, { threads: 1 });
  try {
    const sequence = model.createSequence(128);
    await use(sequence);
    sequence.dispose();
  } finally {
    await model.dispose();
  }
}

function bestOf(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] ?? 0) > (logits[best] ?? 0)) best = i;
  return best;
}
