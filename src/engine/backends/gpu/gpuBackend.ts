import type { CacheType } from '../../../../native/kernels/kernel.ts';
import type { ComputeFeature } from '../../../../native/webgpu/computeDevice.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { Backend } from '../backend.ts';

export interface GpuBackendOptions {
  /** A part of the adapter's name, as in `llvmpipe`; absent: the system's choice. */
  readonly adapter?: string;
  /** Features that are left alone though the adapter has them. */
  readonly without?: readonly ComputeFeature[];
  /** What keys, values and latents are kept in. Default `f16`. */
  readonly cache?: CacheType;
}

/** Runs a ModelSpec on a GPU, as a fixed list of dispatches of our own kernels. */
export function createGpuBackend(_options: GpuBackendOptions = {}): Backend {
  // The outline: the plan and its execution follow.
  const missing = (): never => {
    throw new GlassboxError('runtime/unavailable', 'This version has no backend for GPUs yet.');
  };
  return { estimate: async () => missing(), load: async () => missing() };
}
