import { GpuError } from './errors.ts';

/** A layer's place in the static KV cache. */
export interface KvLayerPlace {
  /** Which buffer: a layer lies in one, and a buffer holds whole layers. */
  readonly buffer: number;
  /** In numbers of the cache's type, from the buffer's beginning; one for each part. */
  readonly offsets: readonly number[];
}

export interface KvCachePlan {
  /** Bytes of each buffer. */
  readonly buffers: readonly number[];
  readonly layers: readonly KvLayerPlace[];
}

/**
 * Lays out KV memory for `capacity` tokens, once: a rewind is a smaller length, and nothing moves.
 *
 * @param layers numbers a token takes in each part (keys and values, or the latent row) of each layer; multiples of 4
 * @param bytesPerNumber 2 or 4
 * @param bindingBytes the most that a buffer may have
 * @throws GpuError `limit` when one layer does not fit into a buffer
 */
export function planKvCache(
  layers: readonly (readonly number[])[],
  capacity: number,
  bytesPerNumber: number,
  bindingBytes: number,
): KvCachePlan {
  const buffers: number[] = [];
  const places = layers.map((parts, index): KvLayerPlace => {
    const bytes = parts.reduce((sum, numbers) => sum + numbers, 0) * capacity * bytesPerNumber;
    if (bytes > bindingBytes)
      throw new GpuError(
        'limit',
        `The KV cache of layer ${String(index)} would take ${String(bytes)} bytes for ${String(capacity)} tokens; ` +
          `the GPU allows ${String(bindingBytes)}. Use a smaller context.`,
      );
    const last = buffers.at(-1);
    if (last === undefined || last + bytes > bindingBytes) buffers.push(0);
    const buffer = buffers.length - 1;
    let offset = (buffers[buffer] ?? 0) / bytesPerNumber;
    const offsets = parts.map((numbers) => {
      const at = offset;
      offset += numbers * capacity;
      return at;
    });
    buffers[buffer] = offset * bytesPerNumber;
    return { buffer, offsets };
  });
  return { buffers, layers: places };
}
