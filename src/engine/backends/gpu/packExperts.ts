import type { ExpertCrew } from '../../../../native/cpu/experts.ts';
import type { PackedType } from '../../../../native/cpu/library.ts';
import type { LayerTensor, WeightSource } from '../../../models/weights.ts';
import { throwIfCancelled } from '../cancelled.ts';
import type { OffloadPlan } from './offloadPlan.ts';

/**
 * Reads routed experts into memory, packed: what the CPU multiplies with, and what a slot on the GPU takes as it is.
 * @returns `[layers][experts]`
 * @throws GlassboxError `model/corrupt`, `request/cancelled`; CpuError `refused`
 */
export async function packExperts(
  { layers }: OffloadPlan,
  weights: WeightSource,
  { library }: ExpertCrew,
  options: {
    readonly onProgress?: ((fraction: number) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<readonly (readonly Uint8Array<ArrayBuffer>[])[]> {
  const total = layers.reduce((sum, { experts }) => sum + experts, 0);
  let done = 0;
  const packed: Uint8Array<ArrayBuffer>[][] = [];
  for (const { index, experts, slotBytes, shape } of layers) {
    const images: Uint8Array<ArrayBuffer>[] = [];
    const { gateType, downType, inner, width } = shape;
    const gateBytes = library.packedBytes(gateType, inner, width);
    for (let expert = 0; expert < experts; expert++) {
      const image = library.alignedBytes(slotBytes);
      const pack = async (
        tensor: LayerTensor,
        [type, rows, columns]: readonly [PackedType, number, number],
        at: number,
      ): Promise<void> => {
        throwIfCancelled(options.signal);
        const source = await weights.readRows(`layer.${index}.${tensor}`, expert * rows, rows);
        const part = image.subarray(at, at + library.packedBytes(type, rows, columns));
        library.pack(source, { type, rows, columns, packed: part }, { first: 0, end: rows });
      };
      await pack('experts.gate', [gateType, inner, width], 0);
      await pack('experts.up', [gateType, inner, width], gateBytes);
      await pack('experts.down', [downType, width, inner], 2 * gateBytes);
      images.push(image);
      options.onProgress?.(++done / total);
    }
    packed.push(images);
  }
  return packed;
}
