import { corrupt, quote, unsupported } from '../modelErrors.ts';
import type { RopeScaling, RopeSpec } from '../spec.ts';
import type { Family } from './families.ts';
import type { GgufMetadata } from './ggufMetadata.ts';

/**
 * Rotary embedding as the metadata describes it. Defaults are those of llama.cpp for the same keys, so that
 * both mean the same by a file (held by test/parity/families.test.ts). `factors` are the contents of `rope_freqs.weight`, when the file has it.
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
  const attentionKey = `${prefix}.scaling.attn_factor`;
  const attentionFactor = metadata.float(attentionKey, 0, 100) ?? 1;
  if (attentionFactor !== 1 && type !== 'yarn')
    throw unsupported(
      file,
      `metadata key "${attentionKey}"`,
      `is ${String(attentionFactor)} without YaRN, the only scaling it is supported with`,
    );
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
      if (factor < 1)
        throw corrupt(
          file,
          `metadata key "${prefix}.scaling.factor"`,
          `is ${String(factor)}, which YaRN cannot use`,
        );
      return readYarn(prefix, metadata, contextLength, factor, attentionFactor);
    default:
      throw unsupported(
        file,
        `metadata key "${key}"`,
        `is ${quote(type)}; none, linear and yarn are supported`,
      );
  }
}

function readYarn(
  prefix: string,
  metadata: GgufMetadata,
  contextLength: number,
  factor: number,
  attentionFactor: number,
): RopeScaling {
  const scaling = `${prefix}.scaling`;
  return {
    kind: 'yarn',
    factor,
    originalContext: metadata.integer(`${scaling}.original_context_length`, 1, 2 ** 31) ?? contextLength,
    // llama.cpp leaves a file's own betas out for these families; every known file has the paper's, its defaults.
    betaFast: metadata.float(`${scaling}.yarn_beta_fast`, 0.001, 1e6) ?? 32,
    betaSlow: metadata.float(`${scaling}.yarn_beta_slow`, 0.001, 1e6) ?? 1,
    // The paper's magnitude (arXiv 2309.00071, section 3.4), which a file may scale further.
    attentionFactor: attentionFactor * (0.1 * Math.log(factor) + 1),
  };
}
