import { corrupt } from '../modelErrors.ts';
import type { ExpertFeedForward } from '../spec.ts';
import type { ArchitectureSource } from './architectureSource.ts';
import { SIZE_LIMITS } from './sizeLimits.ts';

/**
 * Groups of experts of which only some may be chosen; undefined when the file has one group or chooses all.
 *
 * @throws GlassboxError `model/corrupt`
 */
export function readExpertGroups(
  { family, metadata, file }: ArchitectureSource,
  experts: number,
  topK: number,
): ExpertFeedForward['groups'] {
  const countKey = `${family.architecture}.expert_group_count`;
  const chosenKey = `${family.architecture}.expert_group_used_count`;
  const count = metadata.integer(countKey, 0, SIZE_LIMITS.experts) ?? 0;
  if (count <= 1) return undefined;
  const size = experts / count;
  // A group is worth the sum of its two best experts.
  if (!Number.isInteger(size) || size < 2)
    throw corrupt(
      file,
      `metadata key "${countKey}"`,
      `(${String(count)}) does not divide the ${String(experts)} experts into groups of two or more`,
    );
  const chosen = metadata.needInteger(chosenKey, 1, count);
  if (topK > chosen * size)
    throw corrupt(
      file,
      `metadata key "${family.architecture}.expert_used_count"`,
      `is ${String(topK)}, but ${String(chosen)} groups have only ${String(chosen * size)} experts`,
    );
  return chosen === count ? undefined : { count, chosen };
}
