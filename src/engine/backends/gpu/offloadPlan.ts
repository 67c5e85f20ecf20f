import type { ExpertShape } from '../../../../native/cpu/experts.ts';
import { isPackedType } from '../../../../native/cpu/library.ts';
import { packedWords } from '../../../../native/kernels/packedForm.ts';
import type { ModelSpec } from '../../../models/spec.ts';
import type { LayerTensor, WeightSource } from '../../../models/weights.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { CachedLayer } from './expertCache.ts';

/** A layer whose experts lie in memory on the CPU's side, and some of them in slots on the GPU, too. */
export interface OffloadedLayer extends CachedLayer {
  /** In the model. */
  readonly index: number;
  readonly shape: ExpertShape;
}

/** Where a model's routed experts are. */
export interface OffloadPlan {
  /** Layers with experts, in their order. */
  readonly layers: readonly OffloadedLayer[];
  /** Of all experts, in memory. */
  readonly expertBytes: number;
  /** Of all slots, on the GPU. */
  readonly slotBytes: number;
}

/** Experts in memory, and at most so many bytes of slots on the GPU. */
export interface OffloadWish {
  readonly cacheBytes: number;
}

/**
 * Shares slots out among layers: as many in each, and what is left over to the first ones.
 * @param bindingBytes that the slots of a layer may have
 * @throws GlassboxError `model/unsupported` for experts in a type that the CPU's kernels do not multiply
 */
export function planOffload(
  spec: ModelSpec,
  weights: WeightSource,
  { cacheBytes }: OffloadWish,
  bindingBytes: number,
): OffloadPlan {
  const layers = spec.layers.flatMap(({ feedForward }, index) => {
    if (feedForward.kind !== 'moe') return [];
    const shape = shapeOf(spec, weights, index, feedForward.expertInnerLength);
    const slotBytes = imageBytes(shape);
    const most = Math.min(feedForward.experts, Math.floor(bindingBytes / slotBytes));
    return [{ index, shape, experts: feedForward.experts, slotBytes, slots: 0, most }];
  });
  let left = cacheBytes;
  for (let isFull = layers.length === 0; !isFull;) {
    isFull = true;
    for (const layer of layers) {
      if (layer.slots >= layer.most || layer.slotBytes > left) continue;
      layer.slots++;
      left -= layer.slotBytes;
      isFull = false;
    }
  }
  return {
    layers: layers.map(({ index, shape, experts, slots, slotBytes }) => ({
      ...{ index, shape, experts, slots, slotBytes },
    })),
    expertBytes: layers.reduce((sum, { experts, slotBytes }) => sum + experts * slotBytes, 0),
    slotBytes: layers.reduce((sum, { slots, slotBytes }) => sum + slots * slotBytes, 0),
  };
}

/** Bytes of an expert's gate, up and down, packed. */
function imageBytes({ gateType, downType, inner, width }: ExpertShape): number {
  return 4 * (2 * packedWords(gateType, inner, width) + packedWords(downType, width, inner));
}

function shapeOf(spec: ModelSpec, weights: WeightSource, index: number, inner: number): ExpertShape {
  const typeOf = (tensor: LayerTensor): string => weights.tensors.get(`layer.${index}.${tensor}`)?.type ?? '';
  const [gateType, upType, downType] = [typeOf('experts.gate'), typeOf('experts.up'), typeOf('experts.down')];
  if (!isPackedType(gateType) || !isPackedType(downType) || gateType !== upType)
    throw new GlassboxError(
      'model/unsupported',
      `The experts of ${spec.name} cannot be computed beside a GPU: those of layer ${String(index)} are of type ` +
        `${[...new Set([gateType, upType, downType])].join(', ')}. Use the CPU, or give the GPU more memory.`,
    );
  return { gateType, downType, inner, width: spec.embeddingLength };
}
