import { missingProviders } from '../../../../native/onnxruntime/cApiRuntime.ts';
import type { ExecutionProvider } from '../../../../native/onnxruntime/executionProvider.ts';
import { type AdapterDescription, listAdapters } from '../../../../native/webgpu/listAdapters.ts';
import type { AdapterReport, BackendId } from '../../../protocol/backends.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import { machineMs } from '../../../protocol/machineMs.ts';
import { createGpuBackend, type GpuBackendOptions } from '../gpu/gpuBackend.ts';
import type { SizeMemory } from '../gpu/sizeMemory.ts';
import { createOnnxBackend } from '../onnx/onnxBackend.ts';
import type { Candidate, Candidates } from './candidate.ts';

const PROVIDERS = [
  { id: 'onnx-webgpu', provider: 'webgpu' },
  { id: 'onnx-cuda', provider: 'cuda' },
  { id: 'onnx-directml', provider: 'directml' },
  { id: 'onnx-coreml', provider: 'coreml' },
] as const satisfies readonly { readonly id: BackendId; readonly provider: ExecutionProvider }[];

const NO_ADAPTER = 'WebGPU finds no GPU and no driver here.';

/** For our own kernels. */
export interface ListOptions extends Pick<GpuBackendOptions, 'onDevice' | 'memoryBytes' | 'cache'> {
  /** Where it is remembered which sizes of our kernels suit a GPU. Absent: they are not measured. */
  readonly sizes?: SizeMemory;
}

/** Everything on this machine that a model may be tried on, and why the rest is not here. Nothing is loaded. */
export async function listCandidates({ sizes, ...options }: ListOptions = {}): Promise<Candidates> {
  const missing: { id: BackendId; reason: string }[] = [];
  let adapters: readonly AdapterDescription[] = [];
  try {
    adapters = await listAdapters();
    if (adapters.length === 0) missing.push({ id: 'gpu', reason: NO_ADAPTER });
  } catch (error) {
    missing.push({ id: 'gpu', reason: GlassboxError.from(error).message });
  }
  const candidates: Candidate[] = adapters.map(({ name, driver, isSoftware }) => ({
    id: 'gpu',
    device: name,
    isSoftware,
    backend: createGpuBackend({
      adapter: name,
      ...options,
      ...(sizes ? { sizes: { driver, memory: sizes, now: machineMs } } : {}),
    }),
  }));
  const whyMissing = await missingProviders().catch(
    (error: unknown) => () => GlassboxError.from(error).message,
  );
  for (const { id, provider } of PROVIDERS) {
    const reason = whyMissing(provider) ?? whyNoDevice(provider, adapters);
    if (reason !== undefined) {
      missing.push({ id, reason });
      continue;
    }
    const backend = createOnnxBackend({ provider });
    candidates.push({ id, ...deviceOf(provider, adapters), backend });
  }
  return { adapters: adapters.map(adapterReport), candidates, missing };
}

/** Its WebGPU provider asks the same kind of library for a GPU as we do, and fails where there is none. */
function whyNoDevice(
  provider: ExecutionProvider,
  adapters: readonly AdapterDescription[],
): string | undefined {
  if (provider !== 'webgpu' || adapters.length > 0) return undefined;
  return NO_ADAPTER;
}

/** Which of several adapters ONNX Runtime takes is the system's choice; it takes software only where all are. */
function deviceOf(
  provider: ExecutionProvider,
  adapters: readonly AdapterDescription[],
): Pick<Candidate, 'device' | 'isSoftware'> {
  switch (provider) {
    case 'webgpu':
      return {
        device: adapters.length === 1 ? (adapters[0]?.name ?? '') : 'the GPU of the system’s choice',
        isSoftware: adapters.every(({ isSoftware }) => isSoftware),
      };
    case 'cuda':
      return { device: 'the first NVIDIA GPU', isSoftware: false };
    case 'directml':
      return {
        device: 'the first GPU of Direct3D 12',
        isSoftware: adapters.every(({ isSoftware }) => isSoftware),
      };
    case 'coreml':
      return { device: 'what Core ML chooses', isSoftware: false };
    case 'cpu':
      return { device: 'CPU', isSoftware: true };
    default:
      return provider satisfies never;
  }
}

function adapterReport({ name, driver, isSoftware, features, limits }: AdapterDescription): AdapterReport {
  const { bindingBytes, bufferBytes, workgroupMemoryBytes, workgroupSize } = limits;
  return {
    name,
    driver,
    isSoftware,
    features,
    limits: { bindingBytes, bufferBytes, workgroupMemoryBytes, workgroupSize },
  };
}
