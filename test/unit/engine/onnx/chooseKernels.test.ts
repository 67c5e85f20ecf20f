import { afterEach, describe, expect, it } from 'vitest';
import { openOperators } from '../../../../native/cpu/operators.ts';
import { openRuntime, type OpenRuntimeOptions } from '../../../../native/onnxruntime/openRuntime.ts';
import type { OrtRuntime } from '../../../../native/onnxruntime/runtime.ts';
import { chooseKernels } from '../../../../src/engine/backends/onnx/chooseKernels.ts';
import { allLogits, relativeError, withBackend, withTinyModel } from './tinyBackend.ts';

const TOKENS = [5, 9, 2, 40, 11];
const missing = (): ReturnType<typeof openOperators> => openOperators('/nowhere/libglassbox_cpu.so');

let opened: OrtRuntime | undefined;
afterEach(() => {
  opened?.dispose();
  opened = undefined;
});
async function runtimeOf(binding: OpenRuntimeOptions['binding']): Promise<OrtRuntime> {
  opened = await openRuntime({ threads: 1, binding });
  return opened;
}

describe('the kernels of a model', () => {
  it('are our own, and the report names their instruction set', async () => {
    const { report } = await chooseKernels({ kernels: 'auto', accuracyLevel: 4 }, await runtimeOf('c-api'));
    expect(report).toMatchObject({ by: 'glassbox', instructionSet: expect.any(String) as string });
  });

  it("are ONNX Runtime's where the library is missing, and the report says why", async () => {
    const options = { kernels: 'auto', accuracyLevel: 4 } as const;
    const { report } = await chooseKernels(options, await runtimeOf('c-api'), missing);
    expect(report.by).toBe('onnxruntime');
    expect(report.reason).toMatch(/not used: .*libglassbox_cpu\.so could not be opened/);
  });

  it("are ONNX Runtime's where its JavaScript binding runs, which takes no operators", async () => {
    const options = { kernels: 'auto', accuracyLevel: 4 } as const;
    const { report } = await chooseKernels(options, await runtimeOf('javascript'));
    expect(report).toMatchObject({
      by: 'onnxruntime',
      reason: expect.stringContaining('JavaScript') as string,
    });
  });

  it("are ONNX Runtime's on request", async () => {
    const options = { kernels: 'onnxruntime', accuracyLevel: 4 } as const;
    const { report } = await chooseKernels(options, await runtimeOf('c-api'));
    expect(report).toEqual({ by: 'onnxruntime', reason: 'They were asked for.' });
  });

  it('are refused, rather than replaced, where our own were asked for and cannot be had', async () => {
    const options = { kernels: 'glassbox', accuracyLevel: 4 } as const;
    await expect(chooseKernels(options, await runtimeOf('c-api'), missing)).rejects.toMatchObject({
      code: 'runtime/unavailable',
    });
    await withTinyModel({ type: 'Q4_0' }, async (file) => {
      const load = withBackend(file, { binding: 'javascript', kernels: 'glassbox' }, () => Promise.resolve());
      await expect(load).rejects.toMatchObject({
        code: 'runtime/unavailable',
        message: expect.stringContaining("Glassbox's own kernels") as string,
      });
    });
  });

  it('give logits that differ by the rounding of inputs and by nothing else', async () => {
    await withTinyModel({ type: 'Q5_K' }, async (file) => {
      const logits: Float32Array[] = [];
      for (const kernels of ['glassbox', 'onnxruntime'] as const) {
        await withBackend(file, { kernels }, async (model) => {
          expect(model.runtime).toMatchObject({ kernels: { by: kernels } });
          logits.push(await allLogits(model, TOKENS));
        });
      }
      // Derived in lowering.test.ts: 8 bits make 0.034 of a typical value, and the largest of many errs by four of those.
      const error = relativeError(logits[0] ?? [], logits[1] ?? []);
      expect(error).toBeLessThan(4 * 0.034);
      expect(error).toBeGreaterThan(0);
    });
  });
});
