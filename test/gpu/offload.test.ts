import path from 'node:path';
import { describe, expect, inject, test, vi } from 'vitest';
import type { ExpertCrew } from '../../native/cpu/experts.ts';
import type { ComputeDevice } from '../../native/webgpu/computeDevice.ts';
import { GpuError } from '../../native/webgpu/errors.ts';
import type { BackendModel } from '../../src/engine/backends/backend.ts';
import { ContinuingModel } from '../../src/engine/backends/continuing/continuingModel.ts';
import { createGpuBackend, type GpuBackendOptions } from '../../src/engine/backends/gpu/gpuBackend.ts';
import { planOffload } from '../../src/engine/backends/gpu/offloadPlan.ts';
import { createOnnxBackend } from '../../src/engine/backends/onnx/onnxBackend.ts';
import type { ModelFile } from '../../src/models/modelFile.ts';
import { backendFor } from '../../src/engine/backendFor.ts';
import { Engine } from '../../src/engine/engine.ts';
import { machineMs } from '../../src/protocol/machineMs.ts';
import { ReferenceModel } from '../support/referenceModel.ts';
import type { TinyModelOptions } from '../support/tinyModel.ts';
import { TINY_VARIANTS } from '../support/tinyVariants.ts';
import {
  rowsOfLogits,
  squaredError,
  testAdapter,
  withGpuModel,
  withSmallModel,
} from './support/gpuModels.ts';

const TOKENS = Array.from({ length: 41 }, (_, i) => (i * 37 + 11) % 60);
/** A piece in tiles, a few, and one alone, so that experts move between passes of each kind. */
const PIECES = [TOKENS.slice(0, 30), TOKENS.slice(30, 36), ...TOKENS.slice(36).map((token) => [token])];
const GREEDY_TOKENS = 64;
/** Of the experts, those that lie in slots. */
const SOME = 0.4;
/** Each layer of each token waits for the GPU, which here is a process among others. */
vi.setConfig({ testTimeout: 300_000 });

/**
 * Inputs of experts are rounded to 12 bits a block (native/cpu/README.md): half a step is 1/4078 of the block's largest input, about
 * three deviations, so a product's squared error is (3 / 4078)² / 3 = 1.8e-7 of its size, twice in each of two layers; with as much again
 * from one layer's error on the next and from halves in the other products (backend.test.ts), 4e-6 holds for both.
 */
const ROUNDED_ERROR = 8e-6;

const MODELS = [
  ['qwen3moe', { ...TINY_VARIANTS.qwen3moe, type: 'Q8_0' }],
  ['deepseek2 as V2-Lite', { ...TINY_VARIANTS['V2-Lite'], type: 'Q4_0' }],
  ['deepseek2 as V3', { ...TINY_VARIANTS.V3, type: 'Q4_0' }],
] as const satisfies readonly (readonly [string, TinyModelOptions])[];

test.each(MODELS)(
  'A model of kind %s gives the same bits with no expert, some and all of them in slots',
  async (_, options) => {
    await withSmallModel(options, async (file) => {
      const vocabulary = file.spec.vocabularySize;
      const runs: { rows: Float32Array[]; greedy: number[]; hits: number; misses: number }[] = [];
      const { expertBytes } = planOffload(file.spec, file.weights, { cacheBytes: 0 }, Infinity);
      for (const share of [0, SOME, 1]) {
        await withGpuModel(file, { offload: { cacheBytes: share * expertBytes } }, async (model) => {
          const rows = await rowsOfLogits(model, PIECES, vocabulary);
          // Once more, by when other experts lie in slots, and a few tokens that came together come alone.
          if (share === SOME) {
            const alone = PIECES.slice(1).flatMap((piece) => piece.map((token) => [token]));
            expect(await rowsOfLogits(model, [...PIECES.slice(0, 1), ...alone], vocabulary)).toEqual(rows);
          }
          const greedy = await greedyTokens(model, TOKENS.slice(0, 8));
          const placement = model.expertPlacement;
          if (placement === undefined) throw new Error('all experts are on the GPU');
          const { layers } = placement;
          const sum = (of: (layer: (typeof layers)[number]) => number): number =>
            layers.reduce((all, layer) => all + of(layer), 0);
          runs.push({ rows, greedy, hits: sum(({ hits }) => hits), misses: sum(({ misses }) => misses) });
          expect(sum(({ residents }) => residents.length)).toBe(sum(({ slots }) => slots));
          expect(placement.uploads).toBeGreaterThanOrEqual(sum(({ slots }) => slots));
        });
      }
      const [none, some, most] = runs;
      if (none === undefined || some === undefined || most === undefined) throw new Error('three runs');
      expect(none.hits).toBe(0);
      expect(none.misses).toBeGreaterThan(0);
      expect(some.hits).toBeGreaterThan(0);
      expect(some.misses).toBeGreaterThan(0);
      expect(most.hits).toBeGreaterThan(some.hits);
      expect(some.rows).toEqual(none.rows);
      expect(most.rows).toEqual(none.rows);
      expect(some.greedy).toEqual(none.greedy);
      expect(most.greedy).toEqual(none.greedy);

      const reference = (await ReferenceModel.load(file.spec, file.weights)).run(TOKENS);
      expect(squaredError(none.rows, reference.logits)).toBeLessThan(ROUNDED_ERROR);
      await withGpuModel(file, {}, async (model) => {
        expect(model.expertPlacement).toBeUndefined();
        expect(await greedyTokens(model, TOKENS.slice(0, 8))).toEqual(none.greedy);
      });
    });
  },
);

/** The best token again and again. */
async function greedyTokens(model: BackendModel, prompt: readonly number[]): Promise<number[]> {
  const sequence = model.createSequence(96);
  try {
    const tokens: number[] = [];
    let next = prompt;
    while (tokens.length < GREEDY_TOKENS) {
      const logits = await sequence.append(next);
      const best = logits.reduce((found, logit, token) => (logit > (logits[found] ?? 0) ? token : found), 0);
      tokens.push(best);
      next = [best];
    }
    return tokens;
  } finally {
    sequence.dispose();
  }
}

describe('With experts on both sides', () => {
  const half = (file: ModelFile): GpuBackendOptions => {
    const { expertBytes } = planOffload(file.spec, file.weights, { cacheBytes: 0 }, Infinity);
    return { offload: { cacheBytes: expertBytes / 2 } };
  };
  const [[, model]] = MODELS;

  test('a pass is stopped between two layers, and a device that is lost there leaves the answer to the CPU', async () => {
    await withSmallModel({ ...model, layers: 4 }, async (file) => {
      let submissions = 0;
      let onSubmit = (_device: ComputeDevice): void => undefined;
      const onDevice = (device: ComputeDevice): void => {
        const { queue } = device.handle;
        const submit = queue.submit.bind(queue);
        queue.submit = (buffers) => {
          submissions++;
          submit(buffers);
          onSubmit(device);
        };
      };
      const options = { ...testAdapter(), ...half(file), onDevice };
      const onGpu = await createGpuBackend(options).load(file.spec, file.weights, { threads: 2 });
      const { continuing, said } = continuingOnCpu(onGpu, file);
      try {
        const sequence = continuing.createSequence(64);
        await sequence.append(TOKENS.slice(0, 8));
        const stop = new AbortController();
        onSubmit = () => stop.abort();
        submissions = 0;
        const stopped = sequence.append(TOKENS.slice(8, 12), { signal: stop.signal });
        await expect(stopped).rejects.toMatchObject({ code: 'request/cancelled' });
        expect(sequence.length).toBe(8);
        // Four layers have a submission for each stop alone.
        expect(submissions).toBeLessThan(4);

        onSubmit = (device) => {
          if (submissions > 4) device.handle.destroy();
        };
        submissions = 0;
        const logits = Float32Array.from(await sequence.append(TOKENS.slice(8)));
        expect(said.join()).toMatch(/was lost .* goes on on the CPU/);
        expect(continuing.expertPlacement).toBeUndefined();
        const reference = (await ReferenceModel.load(file.spec, file.weights)).run(TOKENS);
        // Four layers of the arithmetic that is compared above, all of it on the CPU: twice as many as there, all products rounded.
        expect(squaredError([logits], reference.logits.slice(-1))).toBeLessThan(8 * ROUNDED_ERROR);
        sequence.dispose();
      } finally {
        await continuing.dispose();
      }
    });
  });

  test('experts that cannot be computed beside the GPU leave the answer to the CPU alone', async () => {
    await withSmallModel(model, async (file) => {
      let isBroken = false;
      // Rows of which one has no expert.
      const crewFault = (crew: ExpertCrew): ExpertCrew => ({
        library: crew.library,
        expertBytes: (shape) => crew.expertBytes(shape),
        run: (shape, rows, threads) =>
          crew.run(shape, isBroken ? { ...rows, images: rows.images.slice(1) } : rows, threads),
        dispose: () => crew.dispose(),
      });
      const options = { ...testAdapter(), ...half(file), faults: { crewFault } };
      const onGpu = await createGpuBackend(options).load(file.spec, file.weights, { threads: 2 });
      const { continuing, said } = continuingOnCpu(onGpu, file);
      try {
        const sequence = continuing.createSequence(64);
        await sequence.append(TOKENS.slice(0, 30));
        isBroken = true;
        const logits = Float32Array.from(await sequence.append(TOKENS.slice(30)));
        expect(said).toEqual([
          expect.stringMatching(
            /^The experts beside the GPU could not be computed: .* The answer goes on on the CPU\.$/,
          ),
        ]);
        expect(continuing.expertPlacement).toBeUndefined();
        const reference = (await ReferenceModel.load(file.spec, file.weights)).run(TOKENS);
        // As in the test before, with half as many layers.
        expect(squaredError([logits], reference.logits.slice(-1))).toBeLessThan(4 * ROUNDED_ERROR);
        sequence.dispose();
      } finally {
        await continuing.dispose();
      }
    });
  });

  test('a GPU that refuses memory for all experts gets some of them', async () => {
    await withSmallModel(model, async (file) => {
      let opened = 0;
      const onDevice = ({ handle }: ComputeDevice): void => {
        opened++;
        const createBuffer = handle.createBuffer.bind(handle);
        handle.createBuffer = (descriptor) => {
          if (opened === 1 && descriptor.label === 'A buffer for weights')
            throw new GpuError('out-of-memory', 'there is not enough memory on the GPU.');
          return createBuffer(descriptor);
        };
      };
      await withGpuModel(file, { onDevice }, async (loaded) => {
        await greedyTokens(loaded, TOKENS.slice(0, 4));
        const layers = loaded.expertPlacement?.layers ?? [];
        expect(layers.map(({ slots, experts }) => slots / experts)).toEqual(layers.map(() => 0.5));
        expect(layers.map(({ residents, slots }) => residents.length / slots)).toEqual(layers.map(() => 1));
      });
      expect(opened).toBe(2);
    });
  });

  test('the limit that a load is given is kept, and what came of it is told with the memory', async () => {
    const [adapter] = inject('adapterNames');
    const engine = new Engine({ backendFor, now: machineMs, unixNow: Date.now });
    const { signal } = new AbortController();
    const nano = path.resolve('media/model/glassbox-nano.gguf');
    const wish = { backend: 'gpu', ...(adapter === undefined ? {} : { device: adapter }) } as const;
    const options = { signal, onProgress: () => undefined };
    const model = await engine.load({ path: nano, contextTokens: 256, gpuMemoryMiB: 8, ...wish }, options);
    expect(model.runtime.binding).toBe('dawn');
    await engine.generate(
      {
        requestId: 'one',
        conversationId: 'chat',
        messages: [{ role: 'user', content: 'What does 1 + 1 give?' }],
        reasoning: { mode: 'off' },
        sampling: { temperature: 0 },
        maxTokens: 8,
      },
      { signal, emit: () => undefined },
    );
    const placement = (await engine.memory({ conversationId: 'chat' }))?.expertPlacement;
    const hits = placement?.layers.reduce((sum, layer) => sum + layer.hits, 0) ?? 0;
    expect(hits).toBeGreaterThan(0);
    expect(placement?.slotBytes).toBeLessThan(placement?.memoryBytes ?? 0);
    expect(placement?.outputBytes).toBeGreaterThan(0);
    // What is loaded in this way is not loaded again.
    const again = await engine.load({ path: nano, contextTokens: 256, gpuMemoryMiB: 8, ...wish }, options);
    expect(again.modelId).toBe(model.modelId);
    await engine.unload(signal);
  });

  test('experts in a type that the CPU does not multiply are refused in a sentence', async () => {
    await withSmallModel({ ...TINY_VARIANTS.qwen3moe, type: 'F16' }, async (file) => {
      const loading = createGpuBackend({ ...testAdapter(), offload: { cacheBytes: 0 } }).load(
        ...([file.spec, file.weights, { threads: 1 }] as const),
      );
      await expect(loading).rejects.toMatchObject({
        code: 'model/unsupported',
        message: expect.stringMatching(/experts .* layer 0 are of type F16\. Use the CPU/) as string,
      });
    });
  });
});

/** The model, which the CPU goes on with where the GPU fails, and what is said then. */
function continuingOnCpu(
  onGpu: BackendModel,
  { spec, weights }: ModelFile,
): { readonly continuing: ContinuingModel; readonly said: readonly string[] } {
  const said: string[] = [];
  const continuing = new ContinuingModel(onGpu, {
    loadOther: () => createOnnxBackend().load(spec, weights, { threads: 1 }),
    onContinued: (message) => said.push(message),
  });
  return { continuing, said };
}
