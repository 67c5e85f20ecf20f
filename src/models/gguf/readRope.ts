import { corrupt, quote, unsupported } from '../modelErrors.ts';
import type { RopeScaling, RopeSpec } from '../spec.ts';
import type { Family } from './families.ts';
import type { GgufMetadata } from './ggufMetadata.ts';

/**
 * Rotary embedding as the metadata describes it. Defaults are those of llama.cpp for the same keys, so that
 * both mean the same by a file. `factors` are the contents of `rope_freqs.weight`, when the file has it.
 */
export function readRope(
  family: Family,
  metadata: GgufMetadata,
  headDim: number,
  contextLength: number,
  factors: readonly number[] | undefined,
  file: string,
): RopeSpec {
  const prefix = `${family.architecture}.rope`;
  const dimensions = metadata.integer(`${prefix}.dimension_count`, 2, headDim) ?? headDim;
  if (dimensions % 2 !== 0)
    throw unsupported(file, `metadata key "${prefix}.dimension_count"`, `is odd (${String(dimensions)})`);
  const base = metadata.float(`${prefix}.freq_base`, 1, 1e12) ?? 10_000;
  if (factors !== undefined && factors.length !== dimensions / 2)
    throw corrupt(
      file,
      'tensor "rope_freqs.weight"',
      `has ${String(factors.length)} factors for ${String(dimensions)} rotated dimensions`,
    );
  const scaling = readScaling(prefix, metadata, contextLength, factors, file);
  return { dimensions, base, layout: family.ropeLayout, scaling };
}

function readScaling(
  prefix: string,
  metadata: GgufMetadata,
  contextLength: number,
  factors: readonly number[] | undefined,
  file: string,
): RopeScaling {
  const key = `${prefix}.scaling.type`;
  // Old converters wrote no type and `scale_linear`; a factor of 0 or 1 meant none.
  const type = metadata.string(key) ?? 'linear';
  const written =
    metadata.float(`${prefix}.scaling.factor`, 0, 1e6) ??
    metadata.float(`${prefix}.scale_linear`, 0, 1e6) ??
    1;
  const factor = written === 0 ? 1 : written;
  if (factors !== undefined) {
    if (type === 'yarn' || (type === 'linear' && factor !== 1))
      throw unsupported(file, `metadata key "${key}"`, `is ${quote(type)} together with "rope_freqs.weight"`);
    return { kind: 'factors', factors };
  }
  switch (type) {
    case 'none':
      return { kind: 'none' };
    case 'linear':
      return factor === 1 ? { kind: 'none' } : { kind: 'linear', factor };
    case 'yarn':
      return readYarn(prefix, metadata, contextLength, factor);
    default:
      throw unsupported(
        file,
        `metadata key "${key}"`,
        `is ${quote(type)}; none, linear and yarn are supported`,
      );
  }
}

/** The magnitude of YaRN grows with the factor (arXiv 2309.00071, section 3.4); files may scale it further. */
function readYarn(
  prefix: string,
  metadata: GgufMetadata,
  contextLength: number,
  factor: number,
): RopeScaling {
  const scaling = `${prefix}.scaling`;
  const fileFactor =
    metadata.float(`${scaling}.yarn_attn_factor`, 0, 100) ??
    metadata.float(`${scaling}.attn_factor`, 0, 100) ??
    1;
  return {
    kind: 'yarn',
    factor,
    originalContext: metadata.integer(`${scaling}.original_context_length`, 1, 2 ** 31) ?? contextLength,
    betaFast: metadata.float(`${scaling}.yarn_beta_fast`, 0.001, 1e6) ?? 32,
    betaSlow: metadata.float(`${scaling}.yarn_beta_slow`, 0.001, 1e6) ?? 1,
    attentionFactor: fileFactor * (0.1 * Math.log(factor) + 1),
  };
}
