import type { ArchitectureSource } from './architectureSource.ts';
import { readSize } from './readSize.ts';

/** `readSize` of a key that must be there. */
export function needSize(source: ArchitectureSource, key: string, most: number): number {
  return readSize(source, key, most) ?? source.metadata.missing(`${source.family.architecture}.${key}`);
}
