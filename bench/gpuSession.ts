import type { ComputeDevice } from '../native/webgpu/computeDevice.ts';
import { createGpuBackend } from '../src/engine/backends/gpu/gpuBackend.ts';
import { backendSession } from './backendSession.ts';
import type { SessionPlan, SessionResult } from './session.ts';

/**
 * Measures our own kernels in this process, in the sizes that fit the GPU.
 * @param adapter a part of the GPU's name; absent: the one that the system prefers
 */
export async function gpuSession(plan: SessionPlan, code: string, adapter?: string): Promise<SessionResult> {
  let device: ComputeDevice | undefined;
  let submitMsBefore = 0;
  const backend = createGpuBackend({
    ...(adapter === undefined ? {} : { adapter }),
    sizes: { driver: '', now: () => performance.now() },
    onDevice: (opened) => (device = opened),
  });
  const result = await backendSession(backend, plan, code, () => (submitMsBefore = device?.submitMs ?? 0));
  if (device === undefined) return result;
  const submitMs = (device.submitMs - submitMsBefore) / result.decodeTokens;
  return { ...result, adapter: device.name, submitMs };
}
