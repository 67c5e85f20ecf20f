import type { ComputeDevice } from '../native/webgpu/computeDevice.ts';
import { createGpuBackend } from '../src/engine/backends/gpu/gpuBackend.ts';
import { backendSession } from './backendSession.ts';
import { median } from './statistics.ts';
import type { SessionPlan, SessionResult, SessionStage } from './session.ts';

/**
 * Measures our own kernels in this process, in the sizes that fit the GPU.
 * @param adapter a part of the GPU's name; absent: the one that the system prefers
 */
export async function gpuSession(
  plan: SessionPlan,
  code: string,
  adapter?: string,
  onStage?: (stage: SessionStage) => void,
): Promise<SessionResult> {
  let device: ComputeDevice | undefined;
  const backend = createGpuBackend({
    ...(adapter === undefined ? {} : { adapter }),
    sizes: { driver: '', now: () => performance.now() },
    onDevice: (opened) => (device = opened),
  });
  /** What the host had spent after each token. */
  const spentMs: number[] = [];
  const result = await backendSession(backend, plan, code, {
    onToken: () => spentMs.push(device?.submitMs ?? 0),
    ...(onStage ? { onStage } : {}),
  });
  if (device === undefined) return result;
  // The first of those measured comes behind a prompt, whose share is in its difference.
  const measured = spentMs.slice(-result.decodeTokens);
  const perToken = measured.slice(1).map((spent, index) => spent - (measured[index] ?? NaN));
  if (perToken.length === 0) return { ...result, adapter: device.name };
  return {
    ...{ ...result, adapter: device.name },
    ...{ submitMs: median(perToken), leastSubmitMs: Math.min(...perToken) },
  };
}
