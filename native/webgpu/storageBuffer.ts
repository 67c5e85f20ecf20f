import type { ComputeDevice } from './computeDevice.ts';
import { GpuError } from './errors.ts';
import { BUFFER_USAGE } from './usage.ts';

/** Buffers may not be empty, and are written in fours. */
const LEAST_BYTES = 16;

/**
 * A buffer that kernels can bind, zeroed.
 * @param what names it at the beginning of a sentence, as in `The KV cache`
 * @throws GpuError `limit` beyond what the device binds, `out-of-memory`
 */
export async function storageBuffer(device: ComputeDevice, what: string, bytes: number): Promise<GPUBuffer> {
  const most = Math.min(device.limits.bindingBytes, device.limits.bufferBytes);
  if (bytes > most)
    throw new GpuError(
      'limit',
      `${what} would take ${String(bytes)} bytes in one buffer; ${device.name} allows ${String(most)}.`,
    );
  return device.guard(what, () =>
    device.handle.createBuffer({
      label: what,
      size: Math.max(LEAST_BYTES, Math.ceil(bytes / 16) * 16),
      usage: BUFFER_USAGE.storage | BUFFER_USAGE.copySource | BUFFER_USAGE.copyTarget,
    }),
  );
}
