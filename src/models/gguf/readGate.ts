import { corrupt, unsupported } from '../modelErrors.ts';
import type { ExpertFeedForward } from '../spec.ts';
import type { ArchitectureSource } from './architectureSource.ts';

/**
 * How the router's logits become scores, and whether a bias helps to choose. `firstBlock` is the first layer with
 * experts. A sigmoid gate without its bias is refused: every model trained with one was balanced by the other, so that
 * the tensor was lost on the way.
 *
 * @throws GlassboxError `model/corrupt`, `model/unsupported`
 */
export function readGate(
  { family, metadata, tensors, file }: ArchitectureSource,
  firstBlock: number,
): Pick<ExpertFeedForward, 'gate' | 'selectionBias'> {
  const key = `${family.architecture}.expert_gating_func`;
  const id = metadata.integer(key, 0, 255) ?? 0;
  const hasBias = tensors.has(`blk.${String(firstBlock)}.exp_probs_b.bias`);
  switch (id) {
    case 0:
      // Files of V2 are older than the key. Those with a bias are of a later model, whose gate nothing tells.
      if (hasBias) return metadata.missing(key);
      return { gate: 'softmax', selectionBias: false };
    case 1:
      return { gate: 'softmax', selectionBias: hasBias };
    case 2:
      if (!hasBias)
        throw corrupt(
          file,
          `tensor "blk.${String(firstBlock)}.exp_probs_b.bias"`,
          'is missing, though the gate is a sigmoid',
        );
      return { gate: 'sigmoid', selectionBias: true };
    default:
      throw unsupported(
        file,
        `metadata key "${key}"`,
        `is ${String(id)}; 1 (softmax) and 2 (sigmoid) are supported`,
      );
  }
}
