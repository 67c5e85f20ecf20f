import { existsSync } from 'node:fs';
import path from 'node:path';
import { type OrtApi, type Pointer } from './api.ts';
import { OrtError } from './errors.ts';

/** What ONNX Runtime computes on. Operators that a provider lacks run on the CPU. */
export type ExecutionProvider = 'cpu' | 'webgpu' | 'cuda' | 'directml' | 'coreml';

interface ProviderNames {
  /** In `GetAvailableProviders`. */
  readonly listed: string;
  /** For `SessionOptionsAppendExecutionProvider`; absent where that does not take it. */
  readonly appended?: string;
  /** Of `OrtMemoryInfo`; absent where tensors lie in the process's own memory. */
  readonly memory?: string;
}

const NAMES: Readonly<Record<ExecutionProvider, ProviderNames>> = {
  cpu: { listed: 'CPUExecutionProvider' },
  webgpu: { listed: 'WebGpuExecutionProvider', appended: 'WebGPU', memory: 'WebGPU_Buffer' },
  cuda: { listed: 'CUDAExecutionProvider', memory: 'Cuda' },
  directml: { listed: 'DmlExecutionProvider', appended: 'DML', memory: 'DML' },
  coreml: { listed: 'CoreMLExecutionProvider', appended: 'CoreML' },
};

/** Why a provider cannot be used with the library of this name; undefined when nothing is known against it. */
export function whyMissing(
  provider: ExecutionProvider,
  listed: readonly string[],
  libraryPath: string,
): string | undefined {
  if (!listed.includes(NAMES[provider].listed)) return 'This ONNX Runtime was built without it.';
  if (provider !== 'cuda') return undefined;
  // CUDA is built into the library only as a door to another one, which the package fetches when it is asked to.
  const file = path.join(
    path.dirname(libraryPath),
    process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so',
  );
  return existsSync(file) ? undefined : `onnxruntime-node comes without ${path.basename(file)}.`;
}

/** The name of memory that only the provider's device reads; undefined where there is none. */
export function deviceMemoryName(provider: ExecutionProvider): string | undefined {
  return NAMES[provider].memory;
}

/** Makes sessions of `options` run on `provider`. @throws OrtError `failed` with what ONNX Runtime says */
export function appendProvider(api: OrtApi, options: Pointer, provider: ExecutionProvider): void {
  if (provider === 'cpu') return;
  if (provider === 'cuda') {
    const settings = api.create('CreateCUDAProviderOptions');
    try {
      api.call('SessionOptionsAppendExecutionProvider_CUDA_V2', options, settings);
    } finally {
      api.release('ReleaseCUDAProviderOptions', settings);
    }
    return;
  }
  const { appended } = NAMES[provider];
  if (appended === undefined) throw new OrtError('unavailable', `ONNX Runtime cannot be given ${provider}.`);
  api.call('SessionOptionsAppendExecutionProvider', options, appended, null, null, 0);
}
