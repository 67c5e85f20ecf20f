import { quote, unsupported } from '../modelErrors.ts';
import type { Family } from './families.ts';
import { FAMILIES } from './families.ts';
import type { GgufMetadata } from './ggufMetadata.ts';

/**
 * The family of a file, which must be one of the list and stand alone.
 *
 * @throws GlassboxError `model/unsupported`, `model/corrupt`
 */
export function readFamily(metadata: GgufMetadata, file: string): Family {
  const architecture = metadata.needString('general.architecture');
  const family = FAMILIES.find((candidate) => candidate.architecture === architecture);
  if (family === undefined)
    throw unsupported(
      file,
      'metadata key "general.architecture"',
      `is ${quote(architecture)}; supported are ${names(FAMILIES)}`,
    );
  const parts = metadata.integer('split.count', 0, 65_535) ?? 0;
  if (parts > 1)
    throw unsupported(
      file,
      'metadata key "split.count"',
      `says that this is one of ${String(parts)} parts; join them first (llama-gguf-split --merge)`,
    );
  const expertsKey = `${architecture}.expert_count`;
  const experts = metadata.integer(expertsKey, 0, 65_535) ?? 0;
  if (experts > 0 && family.feedForward === 'dense')
    throw unsupported(
      file,
      `metadata key "${expertsKey}"`,
      `is ${String(experts)}; experts are supported in ${names(FAMILIES.filter(({ feedForward }) => feedForward !== 'dense'))}`,
    );
  return family;
}

function names(families: readonly Family[]): string {
  return families.map(({ architecture }) => architecture).join(', ');
}
