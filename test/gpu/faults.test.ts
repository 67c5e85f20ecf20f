import { describe, expect, test } from 'vitest';
import type { ComputeDevice } from '../../native/webgpu/computeDevice.ts';
import type { BackendModel, RoutedTokens } from '../../src/engine/backends/backend.ts';
import { ContinuingModel } from '../../src/engine/backends/continuing/continuingModel.ts';
import { createGpuBackend, type GpuBackendOptions } from '../../src/engine/backends/gpu/gpuBackend.ts';
import { settledBackend } from '../support/settledBackend.ts';
import { createOnnxBackend } from '../../src/engine/backends/onnx/onnxBackend.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { ModelFile } from '../../src/models/modelFile.ts';
import { machineMs } from '../../src/protocol/machineMs.ts';
import type { GenerationEvent } from '../../src/protocol/generation.ts';
import { TINY_VARIANTS } from '../support/tinyVariants.ts';
import { squaredError, testAdapter, withSmallModel } from './support/gpuModels.ts';

const MODEL = { ...TINY_VARIANTS.qwen3moe, type: 'Q8_0' } as const;
/** Of a cache that takes more than the weights. */
const CAPACITY = 4096;
const TOKENS = Array.from({ length: 30 }, (_, i) => (i * 37 + 11) % 60);

/** A way for a GPU to fail while it computes, and what is to be said about it. */
interface Failure {
  readonly title: string;
  readonly code: string;
  readonly message: RegExp;
  /** What is wrong from the start. */
  readonly faults?: NonNullable<GpuBackendOptions['faults']>;
  /** What goes wrong later. */
  readonly strike?: (device: ComputeDevice) => void;
}

const FAILURES: readonly Failure[] = [
  {
    title: 'its device is lost',
    code: 'runtime/gpuLost',
    message: /was lost while it computed the next token/,
    strike: (device) => device.destroy(),
  },
  {
    title: 'its driver loses the device by itself',
    code: 'runtime/gpuLost',
    message: /was lost/,
    // As when the driver resets: nobody told our side.
    strike: (device) => device.handle.destroy(),
  },
  {
    title: 'there is no room for a conversation',
    code: 'runtime/gpuMemory',
    message: /no room for a conversation of 4096 tokens: The KV cache .* Use a smaller context/,
    faults: { bindingBytes: 96 << 10 },
  },
  {
    title: 'its numbers are none',
    code: 'runtime/gpuFailed',
    message: /logits that cannot be right/,
    faults: {
      kernelText: (kernel, source) =>
        kernel === 'matVec'
          ? source.replace('= select(vec4f(0.0), result, isRow)', '= result / 0.0')
          : source,
    },
  },
  {
    title: 'a kernel never writes its results',
    code: 'runtime/gpuFailed',
    message: /logits that cannot be right/,
    faults: {
      kernelText: (kernel, source) =>
        kernel === 'matVec' ? source.replace('if (at.lane == 0u)', 'if (at.lane == 7777u)') : source,
    },
  },
];

/** The GPU's model with a fault in it, and its device. */
async function loadFaulty(
  { spec, weights }: ModelFile,
  { faults, onDevice }: Pick<GpuBackendOptions, 'faults' | 'onDevice'>,
): Promise<{ readonly model: BackendModel; readonly device: ComputeDevice }> {
  let device: ComputeDevice | undefined;
  const options: GpuBackendOptions = {
    ...testAdapter(),
    tuning: { chunkTokens: 32, splits: 2 },
    ...(faults ? { faults } : {}),
    onDevice: (opened) => {
      device = opened;
      onDevice?.(opened);
    },
  };
  const model = await createGpuBackend(options).load(spec, weights, { threads: 1 });
  if (device === undefined) throw new Error('no device was opened');
  return { model, device };
}

const loadOnCpu = ({ spec, weights }: ModelFile): Promise<BackendModel> =>
  createOnnxBackend({ accuracyLevel: 0 }).load(spec, weights, { threads: 1 });

describe.each(FAILURES)('A GPU of which $title', (failure) => {
  test('says so', async () => {
    await withSmallModel(MODEL, async (file) => {
      const { model, device } = await loadFaulty(file, failure);
      const sequence = model.createSequence(CAPACITY);
      if (failure.strike) {
        await sequence.append(TOKENS.slice(0, 4));
        failure.strike(device);
      }
      const failed = sequence.append(TOKENS.slice(4));
      await expect(failed).rejects.toMatchObject({
        code: failure.code,
        message: expect.stringMatching(failure.message) as string,
      });
      expect(sequence.length).toBe(failure.strike ? 4 : 0);
      sequence.dispose();
      await model.dispose();
    });
  });

  test('leaves its sequences to the CPU, which goes on from their tokens', async () => {
    await withSmallModel(MODEL, async (file) => {
      const { model: onGpu, device } = await loadFaulty(file, failure);
      const messages: string[] = [];
      const model = new ContinuingModel(onGpu, {
        loadOther: () => loadOnCpu(file),
        onContinued: (message) => messages.push(message),
      });
      const [one, other] = [model.createSequence(CAPACITY), model.createSequence(CAPACITY)];
      if (failure.strike) {
        await one.append(TOKENS.slice(0, 10));
        await other.append(TOKENS.slice(10, 20));
        one.rewind(8);
        failure.strike(device);
      } else await one.append(TOKENS.slice(0, 8));
      const routed: Pick<RoutedTokens, 'firstPosition' | 'tokens'>[] = [];
      const onRouting = ({ firstPosition, tokens }: RoutedTokens): void =>
        void routed.push({ firstPosition, tokens });
      const found = [
        Float32Array.from(await one.append(TOKENS.slice(20), { onRouting })),
        Float32Array.from(await other.append([1])),
      ];
      expect(routed).toEqual([{ firstPosition: 8, tokens: 10 }]);
      expect(model.runtime.binding).toBe('c-api');
      expect(messages).toEqual([expect.stringMatching(failure.message)]);
      expect(messages[0]).toMatch(/goes on on the CPU\.$/);
      expect([one.length, other.length]).toEqual([18, failure.strike ? 11 : 1]);

      const reference = await loadOnCpu(file);
      const expected: Float32Array[] = [];
      const before = failure.strike ? TOKENS.slice(10, 20) : [];
      for (const tokens of [
        [...TOKENS.slice(0, 8), ...TOKENS.slice(20)],
        [...before, 1],
      ]) {
        const sequence = reference.createSequence(64);
        expected.push(Float32Array.from(await sequence.append(tokens)));
        sequence.dispose();
      }
      await reference.dispose();
      // Nothing of the GPU's is in them: they are the CPU's, to its own rounding.
      expect(squaredError(found, expected)).toBeLessThan(1e-11);
      one.dispose();
      other.dispose();
      await model.dispose();
    });
  });
});

describe('Loading onto a GPU', () => {
  const failures: readonly [string, Pick<GpuBackendOptions, 'faults' | 'onDevice'>, string, RegExp][] = [
    [
      'whose driver refuses a kernel',
      {
        faults: {
          kernelText: (kernel, source) =>
            kernel === 'router' ? source.replace('let logits =', 'let logits: u33 =') : source,
        },
      },
      'runtime/gpuFailed',
      /router does not compile: line \d+: .*u33/,
    ],
    [
      'that binds too little',
      { faults: { bindingBytes: 1 << 8 } },
      'runtime/gpuMemory',
      /no room to load the model/,
    ],
    [
      'that is lost on the way',
      { onDevice: (device) => device.destroy() },
      'runtime/gpuLost',
      /lost to load/,
    ],
  ];
  test.each(failures)('%s fails, and says why', async (_, options, code, message) => {
    await withSmallModel(MODEL, async (file) => {
      await expect(loadFaulty(file, options)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message) as string,
      });
    });
  });

  test('that is not there says which was asked for', async () => {
    await withSmallModel(MODEL, async ({ spec, weights }) => {
      const load = createGpuBackend({ adapter: 'no such adapter' }).load(spec, weights, { threads: 1 });
      await expect(load).rejects.toMatchObject({
        code: 'runtime/unavailable',
        message: expect.stringMatching(/no such adapter.*Use the CPU/s) as string,
      });
    });
  });
});

describe('A conversation', () => {
  /** An answer of a real engine on a small model, and what it tells on the way. */
  async function answer(
    file: ModelFile,
    onToken: (count: number, device: ComputeDevice) => void,
  ): Promise<{
    readonly text: string;
    readonly events: readonly GenerationEvent[];
    readonly runs: readonly unknown[];
  }> {
    let device: ComputeDevice | undefined;
    const onGpu = createGpuBackend({
      ...testAdapter(),
      cache: 'f32',
      onDevice: (opened) => (device = opened),
    });
    const engine = new Engine({
      backendFor: () => settledBackend(onGpu, createOnnxBackend({ accuracyLevel: 0 })),
      now: machineMs,
      unixNow: Date.now,
    });
    const { signal } = new AbortController();
    await engine.load(
      { path: file.path, contextTokens: 256, force: true },
      { signal, onProgress: () => undefined },
    );
    const events: GenerationEvent[] = [];
    let tokens = 0;
    const { thought, answer: text } = await engine.generate(
      {
        requestId: 'one',
        conversationId: 'chat',
        messages: [{ role: 'user', content: 'one two three four five' }],
        reasoning: { mode: 'off' },
        sampling: { temperature: 0, repetitionPenalty: 1 },
        maxTokens: 120,
        tokenDetails: true,
      },
      {
        signal,
        emit: (event) => {
          events.push(event);
          if (event.type === 'tokens' && device) onToken((tokens += event.details.length), device);
        },
      },
    );
    const { runtime, backend } = engine.state().model ?? {};
    await engine.unload(signal);
    return { text: thought + text, events, runs: [runtime?.binding, backend?.used] };
  }

  test('whose device is destroyed in mid-answer goes on with the same words, and one sentence says why', async () => {
    await withSmallModel({ family: 'llama', type: 'Q8_0' }, async (file) => {
      const undisturbed = await answer(file, () => undefined);
      expect(undisturbed.runs).toEqual(['dawn', 'gpu']);
      const tokensOf = (events: readonly GenerationEvent[]): number[] =>
        events.flatMap((event) => (event.type === 'tokens' ? event.details.map(({ token }) => token) : []));
      expect(tokensOf(undisturbed.events).length).toBeGreaterThan(12);
      const { events, runs, text } = await answer(file, (count, device) => {
        // Tokens are told in batches.
        if (count >= 7) device.destroy();
      });
      expect(text).toBe(undisturbed.text);
      expect(tokensOf(events)).toEqual(tokensOf(undisturbed.events));
      const changes = events.filter(({ type }) => type === 'backendChanged');
      expect(changes).toEqual([
        {
          type: 'backendChanged',
          message: expect.stringMatching(/The GPU was lost .* goes on on the CPU\.$/) as string,
        },
      ]);
      expect(runs).toEqual(['c-api', 'cpu']);
    });
  });
});
