import type { ComputeDevice } from '../native/webgpu/computeDevice.ts';
import { createGpuBackend } from '../src/engine/backends/gpu/gpuBackend.ts';
import { backendSession } from './backendSession.ts';
import type { SessionPlan, SessionResult } from './session.ts';

/** Measures our own kernels on the GPU that the system prefers, in this process. */
export async function gpuSession(plan: SessionPlan, code: string): Promise<SessionResult> {
  let device: ComputeDevice | undefined;
  let submitMsBefore = 0;
  const backend = createGpuBackend({ onDevice: (opened) => (device = opened) });
  const result = await backendSession(backend, plan, code, () => (submitMsBefore = device?.submitMs ?? 0));
  if (device === undefined) return result;
  const submitMs = (device.submitMs - submitMsBefore) / result.decodeTokens;
  return { ...result, adapter: device.name, submitMs };
}
