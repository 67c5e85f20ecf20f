import { describe, expect, it } from 'vitest';
import { findAdapter } from '../../../bench/gpuDevice.ts';
import { gpuReport, type GpuMeasured } from '../../../bench/gpuReport.ts';
import { goesOn, type SessionResult } from '../../../bench/session.ts';

const round = (decodeMs: number, more: Partial<SessionResult> = {}): SessionResult => ({
  ...{ loadMs: 1, prefillTokens: 100, prefillMs: 1000, decodeTokens: 10, decodeMs },
  ...more,
});

const MEASURED: GpuMeasured = {
  model: { path: 'm.gguf', description: 'a model, Q4_0', fileBytes: 1, bytesPerToken: 1 },
  plan: {
    ...{ weightBytes: 8e6, kvBytes: 2e6, otherBytes: 1e6, dispatches: [] },
    ...{ model: 'a model', capacity: 2048, position: 100, tokens: 1, cacheType: 'f16', perLayer: [] },
    ...{
      shards: [],
      cut: { matrices: [], buffers: 4, bindingBytes: 1 },
      arenaBytes: 0,
      stateBytes: 0,
      vectorBytes: 0,
      kvBufferBytes: [],
    },
  },
  outcomes: {
    gpu: {
      rounds: [
        round(500, { adapter: 'a GPU', submitMs: 2, leastSubmitMs: 1.2 }),
        round(400, { adapter: 'a GPU', submitMs: 1, leastSubmitMs: 0.9 }),
      ],
    },
    backend: { rounds: [round(1000), round(1000)] },
    'onnx-webgpu': { reason: 'Concat failed:\n  /onnxruntime_src/onnxruntime/program.cc:46 length > 0' },
    'llama.cpp, Vulkan': { reason: 'it was still warming up after 300 s' },
  },
};

describe('The report on a GPU', () => {
  const report = gpuReport(
    {
      ...{ command: 'npm run bench -- gpu', date: '2026-01-31', cpu: 'a CPU', versions: 'Node 22' },
      ...{
        plan: { contextTokens: 2048, threads: 2, promptTokens: 100, decodeTokens: 11, replyMs: 7500 },
        rounds: 2,
      },
      device: { name: 'a GPU', isSoftware: true },
    },
    [MEASURED],
  );

  it('names the device, and says where it is software', () => {
    expect(report).toContain('The GPU: a GPU, which is software that runs on the CPU.');
  });

  it('has speeds with ratios to the CPU of the same round, and what a token costs the host', () => {
    expect(report).toContain('| our kernels, on the GPU | 100.0 tokens/s | 1.00 | 22.5 tokens/s | 2.25 |');
    expect(report).toContain('| 1.50 ms, at least 0.90 |');
    expect(report).toContain('| 11.0 MB, 1.10 times weights and KV |');
    expect(report).toContain('longer than 8 s is timed as far as it got.');
  });

  it('says plainly why somebody has no figures, in one line and without folders', () => {
    expect(report).toContain('| ONNX Runtime, WebGPU | – | – | – | – |');
    expect(report).toContain('No figures of ONNX Runtime, WebGPU: Concat failed: program.cc:46 length > 0');
    expect(report).toContain('No figures of llama.cpp, Vulkan: it was still warming up after 300 s');
  });
});

describe('A reply that is timed', () => {
  it.each([
    ['goes on until it has its tokens', 9, 1e9, undefined, true],
    ['and no longer', 10, 0, undefined, false],
    ['ends when it has taken as long as it may', 6, 100, 100, false],
    ['but has some tokens, however long they take', 3, 1e9, 100, true],
  ] as const)('%s', (_, decoded, elapsedMs, replyMs, expected) => {
    const plan = { decodeTokens: 11, ...(replyMs === undefined ? {} : { replyMs }) };
    expect(goesOn(plan, decoded, elapsedMs)).toBe(expected);
  });
});

describe('The GPU that is measured', () => {
  const adapters = [{ name: 'NVIDIA H100' }, { name: 'llvmpipe (LLVM 15)' }, { name: 'SwiftShader' }];

  it.each([
    [undefined, 'NVIDIA H100'],
    ['2', 'llvmpipe (LLVM 15)'],
    ['swift', 'SwiftShader'],
    ['4', undefined],
    ['0', undefined],
    ['radeon', undefined],
  ])('is, for %s, %s', (wanted, name) => {
    expect(findAdapter(adapters, wanted)?.name).toBe(name);
  });
});
