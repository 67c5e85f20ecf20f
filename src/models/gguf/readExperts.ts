import { corrupt } from '../modelErrors.ts';
import type { ExpertFeedForward } from '../spec.ts';
import type { ArchitectureSource } from './architectureSource.ts';
import { needSize } from './needSize.ts';
import { readExpertGroups } from './readExpertGroups.ts';
import { readGate } from './readGate.ts';
import { readSize } from './readSize.ts';
import { SIZE_LIMITS } from './sizeLimits.ts';

/**
 * Experts as the metadata describes them, the same in each layer that has them. `firstBlock` is the first such layer.
 *
 * @throws GlassboxError `model/corrupt`, `model/unsupported`
 */
export function readExperts(source: ArchitectureSource, firstBlock: number): ExpertFeedForward {
  const { metadata, file } = source;
  const prefix = source.family.architecture;
  const experts = needSize(source, 'expert_count', SIZE_LIMITS.experts);
  const topK = needSize(source, 'expert_used_count', SIZE_LIMITS.experts);
  if (topK > experts)
    throw corrupt(
      file,
      `metadata key "${prefix}.expert_used_count"`,
      `is ${String(topK)}, but there are only ${String(experts)} experts`,
    );
  if (source.family.feedForward === 'experts')
    return {
      kind: 'moe',
      experts,
      topK,
      expertInnerLength:
        readSize(source, 'expert_feed_forward_length', SIZE_LIMITS.width) ?? shareOfDense(source, topK),
      sharedInnerLength: 0,
      gate: 'softmax',
      selectionBias: false,
      normalizeWeights: true,
      weightScale: 1,
    };
  const expertInnerLength = needSize(source, 'expert_feed_forward_length', SIZE_LIMITS.width);
  const shared = metadata.integer(`${prefix}.expert_shared_count`, 0, SIZE_LIMITS.experts) ?? 0;
  const groups = readExpertGroups(source, experts, topK);
  const scale = metadata.float(`${prefix}.expert_weights_scale`, 0, 1e6) ?? 0;
  return {
    kind: 'moe',
    experts,
    topK,
    expertInnerLength,
    sharedInnerLength: shared * expertInnerLength,
    ...readGate(source, firstBlock),
    normalizeWeights: metadata.boolean(`${prefix}.expert_weights_norm`) ?? false,
    // Converters write 0 for a scale that the model does not have.
    weightScale: scale === 0 ? 1 : scale,
    ...(groups && { groups }),
  };
}

/** Before the key existed, an expert had its part of the length of a dense layer's feed-forward. */
function shareOfDense(source: ArchitectureSource, topK: number): number {
  const dense = needSize(source, 'feed_forward_length', SIZE_LIMITS.width);
  if (dense % topK !== 0)
    throw corrupt(
      source.file,
      `metadata key "${source.family.architecture}.feed_forward_length"`,
      `(${String(dense)}) cannot be shared by ${String(topK)} experts`,
    );
  return dense / topK;
}
