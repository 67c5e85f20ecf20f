import { expect, inject, test } from 'vitest';
import type { BackendModel, RoutedTokens } from '../../src/engine/backends/backend.ts';
import { ContinuingModel } from '../../src/engine/backends/continuing/continuingModel.ts';
import { createOnnxBackend } from '../../src/engine/backends/onnx/onnxBackend.ts';
import { TINY_VARIANTS } from '../support/tinyVariants.ts';
import { squaredError, withSmallModel } from './support/gpuModels.ts';

/**
 * ONNX Runtime's WebGPU provider computes this model's first token, and then fails at a piece of several: the graph sorts their rows by
 * expert with a `Split` of more outputs than lavapipe has buffers for a stage.
 */
const MODEL = {
  ...TINY_VARIANTS.qwen3moe,
  experts: { count: 20, topK: 2 },
  layers: 1,
  type: 'Q8_0',
} as const;
/** More rows than there are experts. */
const PIECE = Array.from({ length: 16 }, (_, i) => (i * 37 + 11) % 60);

// The system's own GPU may have buffers enough.
test.runIf(inject('adapterNames').length > 0)(
  'A GPU provider of ONNX Runtime that fails in mid-answer leaves the answer to the CPU',
  async () => {
    await withSmallModel(MODEL, async ({ spec, weights }) => {
      const onCpu = (): Promise<BackendModel> =>
        createOnnxBackend({ accuracyLevel: 0 }).load(spec, weights, { threads: 1 });
      const provider = await createOnnxBackend({ provider: 'webgpu' }).load(spec, weights, { threads: 1 });
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
