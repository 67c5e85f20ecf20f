import { expect, inject, test } from 'vitest';
import type { BackendModel, RoutedTokens } from '../../src/engine/backends/backend.ts';
import { ContinuingModel } from '../../src/engine/backends/continuing/continuingModel.ts';
import { createOnnxBackend } from '../../src/engine/backends/onnx/onnxBackend.ts';
import { TINY_VARIANTS } from '../support/tinyVariants.ts';
import { squaredError, withSmallModel } from './support/gpuModels.ts';

/** More experts than lavapipe has buffers for a stage. */
const MODEL = {
  ...TINY_VARIANTS.qwen3moe,
  experts: { count: 20, topK: 2 },
  layers: 1,
  type: 'Q8_0',
} as const;
/** More rows than there are experts. */
const PIECE = Array.from({ length: 16 }, (_, i) => (i * 37 + 11) % 60);

test('ONNX Runtime’s WebGPU provider computes models of many experts, one token or a piece, as the CPU does', async () => {
  await withSmallModel(MODEL, async ({ spec, weights }) => {
    const options = { accuracyLevel: 0 } as const;
    const onCpu = await createOnnxBackend(options).load(spec, weights, { threads: 1 });
    const provider = await createOnnxBackend({ ...options, provider: 'webgpu' }).load(spec, weights, {
      threads: 1,
    });
    const sequences = [onCpu, provider].map((model) => model.createSequence(64));
    // Experts that nobody chose, then all of them, then those of one token behind others.
    for (const piece of [[1], PIECE, [7]]) {
      const routed: RoutedTokens[] = [];
      const [expected, found] = await Promise.all(
        sequences.map(async (sequence) =>
          Float32Array.from(
            await sequence.append(piece, {
              onRouting: (routing) =>
                routed.push({
                  ...routing,
                  experts: routing.experts.slice(),
                  weights: routing.weights.slice(),
                }),
            }),
          ),
        ),
      );
      if (expected === undefined || found === undefined) throw new Error('two models');
      expect(squaredError([found], [expected])).toBeLessThan(1e-9);
      expect(routed[0]?.experts).toEqual(routed[1]?.experts);
    }
    for (const sequence of sequences) sequence.dispose();
    await onCpu.dispose();
    await provider.dispose();
  });
});

/**
 * Given the CPU's graph, ONNX Runtime's WebGPU provider computes this model's first token, and then fails at a piece of several: the graph
 * sorts their rows by expert with a `Split` of more outputs than lavapipe has buffers for a stage.
 */
// The system's own GPU may have buffers enough.
test.runIf(inject('adapterNames').length > 0)(
  'A GPU provider of ONNX Runtime that fails in mid-answer leaves the answer to the CPU',
  async () => {
    await withSmallModel(MODEL, async ({ spec, weights }) => {
      const onCpu = (): Promise<BackendModel> =>
        createOnnxBackend({ accuracyLevel: 0 }).load(spec, weights, { threads: 1 });
      const provider = await createOnnxBackend({ provider: 'webgpu', takesCpuGraph: true }).load(
        spec,
        weights,
        { threads: 1 },
      );
      const order: string[] = [];
      const disposed = provider.dispose.bind(provider);
      provider.dispose = async () => {
        await disposed();
        order.push('released');
      };
      const model = new ContinuingModel(provider, {
        loadOther: () => {
          order.push('loaded');
          return onCpu();
        },
        onContinued: (message) => order.push(message),
      });
      const [sequence, other] = [model.createSequence(64), model.createSequence(64)];
      await sequence.append([1]);
      expect(model.runtime).toMatchObject({ provider: 'webgpu' });
      const routed: number[] = [];
      const onRouting = ({ tokens }: RoutedTokens): void => void routed.push(tokens);
      const found = Float32Array.from(await sequence.append(PIECE, { onRouting }));

      expect(order).toEqual([
        'released',
        'loaded',
        expect.stringMatching(
          /^ONNX Runtime's WebGPU provider failed while it computed the next token: .*buffers.* goes on on the CPU\.$/su,
        ),
      ]);
      expect(model.runtime).toMatchObject({ provider: 'cpu' });
      expect(sequence.length).toBe(1 + PIECE.length);
      expect(routed).toEqual([PIECE.length]);
      const reference = await onCpu();
      const plain = reference.createSequence(64);
      const expected = Float32Array.from(await plain.append([1, ...PIECE]));
      // Nothing of the provider's is in them: they are the CPU's, to its own rounding.
      expect(squaredError([found], [expected])).toBeLessThan(1e-11);
      plain.rewind(0);
      expect(
        squaredError([await other.append([5])], [Float32Array.from(await plain.append([5]))]),
      ).toBeLessThan(1e-11);
      plain.dispose();
      sequence.dispose();
      other.dispose();
      await reference.dispose();
      await model.dispose();
    });
  },
);
