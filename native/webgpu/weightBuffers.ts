import type { ComputeDevice } from './computeDevice.ts';
import type { ShardPiece, ShardPlan } from './planShards.ts';
import { storageBuffer } from './storageBuffer.ts';
import type { WeightSpan } from './weightSpan.ts';

/** The buffers of a shard, as its span has them. */
export interface ShardBuffers {
  readonly span: WeightSpan;
  readonly quants: readonly GPUBuffer[];
  readonly scales: readonly GPUBuffer[];
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
    const buffers = async (count: number, all: number, { bytes }: WeightSpan): Promise<GPUBuffer[]> => {
      const own: GPUBuffer[] = [];
      for (let i = 0; i < count; i++) {
        const one = await storageBuffer(device, 'A buffer for weights', Math.min(bytes, all - i * bytes));
        own.push(one);
        made.push(one);
      }
      return own;
    };
    try {
      const shards: ShardBuffers[] = [];
      for (const { quantBytes, scaleBytes, span } of plan.shards)
        shards.push({
          span,
          quants: await buffers(span.quants, quantBytes, span),
          scales: await buffers(span.scales, scaleBytes, span),
        });
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
    this.#write(buffers.quants, buffers.span, 16 * quants + 4 * before.quants, planes.quants);
    this.#write(buffers.scales, buffers.span, 4 * (scales + before.scales), planes.scales);
    this.#write(buffers.scales, buffers.span, 4 * (high + before.high), planes.high);
  }

  /** @param from in bytes, counted through all buffers */
  #write(
    buffers: readonly GPUBuffer[],
    { bytes }: WeightSpan,
    from: number,
    words: Uint32Array<ArrayBuffer>,
  ): void {
    const { queue } = this.#device.handle;
    for (let done = 0; done < words.length;) {
      const at = from + 4 * done;
      const buffer = buffers[Math.floor(at / bytes)];
      if (buffer === undefined) throw new RangeError(`there is no buffer at ${String(at)}`);
      const count = Math.min(words.length - done, (bytes - (at % bytes)) / 4);
      // Faster than mapping: Dawn copies through a staging buffer of its own.
      queue.writeBuffer(buffer, at % bytes, words, done, count);
      done += count;
    }
  }

  destroy(): void {
    for (const { quants, scales } of this.shards)
      for (const buffer of [...quants, ...scales]) buffer.destroy();
  }
}
