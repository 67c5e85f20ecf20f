import { unsupported } from '../modelErrors.ts';
import type { ArchitectureSource } from './architectureSource.ts';

/**
 * A whole number from 1 to `most` that holds for every layer; undefined when the key is absent. `key` is without the
 * family's prefix.
 *
 * @throws GlassboxError `model/unsupported` when each layer has its own, `model/corrupt` for anything else
 */
export function readSize(
  { family, metadata, file }: ArchitectureSource,
  key: string,
  most: number,
): number | undefined {
  const full = `${family.architecture}.${key}`;
  if (metadata.isArray(full))
    throw unsupported(
      file,
      `metadata key "${full}"`,
      'gives each layer its own value; only models with the same layer throughout are supported',
    );
  return metadata.integer(full, 1, most);
}
