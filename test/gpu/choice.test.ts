import { describe, expect, inject, it } from 'vitest';
import { listAdapters } from '../../native/webgpu/listAdapters.ts';
import { agrees, compareLogits, errorLimit } from '../../src/engine/backends/choice/compareLogits.ts';
import { ChosenBackend, type ChosenModel } from '../../src/engine/backends/choice/chosenBackend.ts';
import { listCandidates } from '../../src/engine/backends/choice/listCandidates.ts';
import { probeTokens } from '../../src/engine/backends/choice/probe.ts';
import { createOnnxBackend } from '../../src/engine/backends/onnx/onnxBackend.ts';
import { createTokenizer } from '../../src/models/tokenizer/createTokenizer.ts';
import type { BackendWish } from '../../src/protocol/backends.ts';
import { withTinyModel } from '../unit/engine/onnx/tinyBackend.ts';

const names = inject('adapterNames');

describe('the adapters of a machine', () => {
  it('are listed with their drivers and limits, hardware first', async () => {
    const adapters = await listAdapters();
    for (const name of names) expect(adapters.map((adapter) => adapter.name).join()).toContain(name);
    expect(adapters.length).toBeGreaterThan(0);
    for (const { driver, limits } of adapters) {
      expect(driver).toMatch(/\w/);
      // What every WebGPU has at least.
      expect(limits.bindingBytes).toBeGreaterThanOrEqual(2 ** 27);
      expect(limits.workgroupSize).toBeGreaterThanOrEqual(256);
    }
    const kinds = adapters.map(({ isSoftware }) => isSoftware);
    expect(kinds).toEqual(kinds.toSorted((a, b) => Number(a) - Number(b)));
  });

  // The system's own GPU may be one.
  it.runIf(names.length > 0)('are known as software where they are', async () => {
    expect((await listAdapters()).every(({ isSoftware }) => isSoftware)).toBe(true);
  });
});

describe('a tiny model', () => {
  const choose = async (
    backend: BackendWish,
    family: 'llama' | 'deepseek2',
  ): Promise<ChosenModel['report']> => {
    let report: ChosenModel['report'] | undefined;
    await withTinyModel({ family, type: 'Q4_0', layers: 2 }, async (file) => {
      const device = backend === 'gpu' ? names[0] : undefined;
      const chosen = new ChosenBackend({
        wish: { backend, ...(device === undefined ? {} : { device }) },
        reference: createOnnxBackend(),
        candidates: () => listCandidates(),
        circumstances: {},
        now: () => performance.now(),
        unixNow: Date.now,
      });
      const probe = await probeTokens(createTokenizer(file.readTokenizer()));
      const subject = { spec: file.spec, weights: file.weights, fingerprint: 'f', probe };
      const { model, report: found } = await chosen.load(subject, { threads: 1 });
      report = found;
      await model.dispose();
    });
    if (!report) throw new Error('Nothing was chosen.');
    return report;
  };

  it.each(['llama', 'deepseek2'] as const)(
    "of the %s family agrees with the CPU's on our kernels",
    async (family) => {
      const report = await choose('gpu', family);
      expect(report.used, report.reason).toBe('gpu');
    },
  );

  it('has a KV cache of the type that was asked for, whose numbers are compared too', () =>
    withTinyModel({ family: 'llama', type: 'Q4_0', layers: 2, headDim: 32 }, async (file) => {
      const { candidates } = await listCandidates({ cache: 'q8' });
      const [ours] = candidates.filter(({ id, device }) => id === 'gpu' && device.includes(names[0] ?? ''));
      const chosen = new ChosenBackend({
        wish: { backend: 'gpu', ...(ours ? { device: ours.device } : {}) },
        reference: createOnnxBackend(),
        candidates: async () => ({ adapters: [], candidates: ours ? [ours] : [], missing: [] }),
        kvCacheType: 'q8',
        circumstances: {},
        now: () => performance.now(),
        unixNow: Date.now,
      });
      const probe = await probeTokens(createTokenizer(file.readTokenizer()));
      const subject = { spec: file.spec, weights: file.weights, fingerprint: 'f', probe };
      const { model, report } = await chosen.load(subject, { threads: 1 });
      expect(report.used, report.reason).toBe('gpu');
      const sequence = model.createSequence(40);
      const [layer] = sequence.kvLayers;
      sequence.dispose();
      await model.dispose();
      const { attention } = file.spec.layers[0] ?? {};
      if (attention?.kind !== 'gqa') throw new Error('The model has no grouped attention.');
      // 32 codes of a byte, and a word with their scale and minimum.
      const bytesPerToken = (attention.kvHeads * attention.headDim * 36) / 32;
      expect(layer?.dataType).toBe('q8');
      expect(layer?.parts.map((part) => part.bytesPerToken)).toEqual([bytesPerToken, bytesPerToken]);
    }));

  it("is computed as on the CPU by ONNX Runtime's WebGPU provider, whose keys and values stay on the device", () =>
    withTinyModel({ family: 'llama', type: 'Q4_0', layers: 2 }, async ({ spec, weights }) => {
      // Longer prompts take a kernel whose numbers differ from run to run on software drivers (docs/backends.md).
      const prompt = Array.from({ length: 24 }, (_, index) => (index * 37 + 11) % spec.vocabularySize);
      const logits: Float32Array[] = [];
      for (const provider of ['cpu', 'webgpu'] as const) {
        const model = await createOnnxBackend({ provider }).load(spec, weights, { threads: 1 });
        expect(model.runtime).toMatchObject({ provider });
        const sequence = model.createSequence(40);
        await sequence.append([7, 8, 9, ...prompt.slice(3)]);
        // What was written behind it is written over.
        sequence.rewind(0);
        const read = Float32Array.from(await sequence.append(prompt, { allLogits: true }));
        const written = await sequence.append([5]);
        logits.push(Float32Array.from([...read, ...written]));
        sequence.dispose();
        await model.dispose();
      }
      const [cpu = new Float32Array(), gpu = new Float32Array()] = logits;
      const agreement = compareLogits(cpu, gpu, { positions: prompt.length + 1, limit: errorLimit(spec) });
      expect(agreement).toSatisfy(agrees);
    }));

  it.runIf(process.platform === 'linux')(
    'has no CUDA here that was not installed, which is said',
    async () => {
      const report = await choose('onnx-cuda', 'llama');
      expect(report.used).toBe('cpu');
      expect(report.reason).toMatch(/onnx-cuda was asked for, but is not here\. .*(without|built)/);
    },
  );
});
