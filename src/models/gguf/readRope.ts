import { corrupt, quote, unsupported } from '../modelErrors.ts';
import type { RopeScaling, RopeSpec } from '../spec.ts';
import type { ArchitectureSource } from './architectureSource.ts';
import { readYarnLogMultiplier } from './readYarnLogMultiplier.ts';

/**
 * Rotary embedding as the metadata describes it. Defaults are those of llama.cpp for the same keys, so that both mean
 * the same by a file (held by test/parity/families.test.ts).
 * @param headDim dimensions of a query or key head
 *
 * @throws GlassboxError `model/corrupt`, `model/unsupported`
 */
export function readRope(source: ArchitectureSource, headDim: number, contextLength: number): RopeSpec {
  const { family, metadata, ropeFactors: factors, file } = source;
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
  return { dimensions, base, layout: family.ropeLayout, scaling: readScaling(source, contextLength) };
}

function readScaling(source: ArchitectureSource, contextLength: number): RopeScaling {
  const { family, metadata, ropeFactors: factors, file } = source;
  const prefix = `${family.architecture}.rope`;
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
      if (factor === 1) return { kind: 'none' };
      if (family.attention.kind === 'mla')
        throw unsupported(
          file,
          `metadata key "${key}"`,
          `is ${quote(type)}; with latent attention none and yarn are supported`,
        );
      return { kind: 'linear', factor };
    case 'yarn':
      if (factor < 1)
        throw corrupt(
          file,
          `metadata key "${prefix}.scaling.factor"`,
          `is ${String(factor)}, which YaRN cannot use`,
        );
      return readYarn(source, contextLength, factor, attentionFactor);
    default:
      throw unsupported(
        file,
        `metadata key "${key}"`,
        `is ${quote(type)}; none, linear and yarn are supported`,
      );
  }
}

function readYarn(
  source: ArchitectureSource,
  contextLength: number,
  factor: number,
  attentionFactor: number,
): RopeScaling {
  const { family, metadata } = source;
  const scaling = `${family.architecture}.rope.scaling`;
  // The paper's magnitude (arXiv 2309.00071, section 3.4), which a file may scale further. DeepSeek's files have it in
  // the scale of all dimensions instead, by the multiplier.
  const magnitudeElsewhere = family.attention.kind === 'mla' && readYarnLogMultiplier(source) !== 0;
  return {
    kind: 'yarn',
    factor,
    originalContext: metadata.integer(`${scaling}.original_context_length`, 1, 2 ** 31) ?? contextLength,
    // llama.cpp leaves a file's own betas out for these families; every known file has the paper's, its defaults.
    betaFast: metadata.float(`${scaling}.yarn_beta_fast`, 0.001, 1e6) ?? 32,
    betaSlow: metadata.float(`${scaling}.yarn_beta_slow`, 0.001, 1e6) ?? 1,
    attentionFactor: attentionFactor * (magnitudeElsewhere ? 1 : 0.1 * Math.log(factor) + 1),
  };
}
