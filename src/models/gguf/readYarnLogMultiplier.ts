import type { ArchitectureSource } from './architectureSource.ts';

/**
 * A tenth of DeepSeek's `mscale_all_dim`: `1 + multiplier * ln(factor)` multiplies query and key alike, in all their
 * dimensions. 0: the file does not say.
 */
export function readYarnLogMultiplier({ family, metadata }: ArchitectureSource): number {
  return metadata.float(`${family.architecture}.rope.scaling.yarn_log_multiplier`, 0, 100) ?? 0;
}
