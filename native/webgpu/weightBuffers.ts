import type { ComputeDevice } from './computeDevice.ts';
import type { ShardPiece, ShardPlan } from './planShards.ts';
import { storageBuffer } from './storageBuffer.ts';

/** The buffers of a shard. */
export interface ShardBuffers {
  readonly quants: GPUBuffer;
  readonly scales: GPUBuffer;
}

/** Rows of a matrix taken apart for the GPU. */
export interface RowPlanes {
  readonly quants: Uint32Array<ArrayBuffer>;
  readonly scales: Uint32Array<ArrayBuffer>;
  readonly high: Uint32Array<ArrayBuffer>;
}

/** A model's weights on the GPU. */
export class WeightBuffers {
  readonly shards: readonly ShardBuffers[];
  readonly #device: ComputeDevice;

  private constructor(device: ComputeDevice, shards: readonly ShardBuffers[]) {
    this.#device = device;
    this.shards = shards;
  }

  /** @throws GpuError `limit`, `out-of-memory`; nothing stays allocated then */
  static async create(device: ComputeDevice, plan: ShardPlan): Promise<WeightBuffers> {
    const made: GPUBuffer[] = [];
    const buffer = async (bytes: number): Promise<GPUBuffer> => {
      const one = await storageBuffer(device, 'A buffer for weights', bytes);
      made.push(one);
      return one;
    };
    try {
      const shards: ShardBuffers[] = [];
      for (const { quantBytes, scaleBytes } of plan.shards)
        shards.push({ quants: await buffer(quantBytes), scales: await buffer(scaleBytes) });
      return new WeightBuffers(device, shards);
    } catch (error) {
      for (const one of made) one.destroy();
      throw error;
    }
  }

  /**
   * Writes rows of a piece, which may come in several parts, each a whole number of the matrix's grains.
   * @param planes of the part's rows
   * @param before what the part has before it in the piece, in words of each plane
   */
  write(
    { shard, quants, scales, high }: ShardPiece,
    planes: RowPlanes,
    before: { readonly quants: number; readonly scales: number; readonly high: number } = {
      quants: 0,
      scales: 0,
      high: 0,
    },
  ): void {
    const buffers = this.shards[shard];
    if (buffers === undefined) throw new RangeError(`there is no shard ${String(shard)}`);
    // Faster than mapping: Dawn copies through a staging buffer of its own.
    const { queue } = this.#device.handle;
    queue.writeBuffer(buffers.quants, 16 * quants + 4 * before.quants, planes.quants);
    queue.writeBuffer(buffers.scales, 4 * (scales + before.scales), planes.scales);
    if (planes.high.length > 0) queue.writeBuffer(buffers.scales, 4 * (high + before.high), planes.high);
  }

  destroy(): void {
    for (const { quants, scales } of this.shards) {
      quants.destroy();
      scales.destroy();
    }
  }
}
