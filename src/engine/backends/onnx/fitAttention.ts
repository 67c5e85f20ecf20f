import type { ModelSpec } from '../../../models/spec.ts';
import type { KernelChoice } from '../../../protocol/engine.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { AttentionForms } from './attentionForms.ts';
import type { Kernels } from './kernels.ts';
import { runtimeAttention } from './runtimeAttention.ts';
import { runtimeLatentAttention } from './runtimeLatentAttention.ts';

/**
 * `kernels` for a model: ONNX Runtime attends where a layer is beyond them, and they multiply.
 * @param asked whose were asked for; `glassbox` takes no other
 * @throws GlassboxError `model/unsupported`
 */
export function fitAttention(kernels: Kernels, spec: ModelSpec, asked: KernelChoice): Kernels {
  const refusal = refusalOf(kernels.attention, spec);
  if (refusal === undefined) return kernels;
  if (asked === 'glassbox') {
    throw new GlassboxError(
      'model/unsupported',
      `${spec.name} cannot run on Glassbox's own kernels alone, which were asked for: their attention takes ${refusal}. Take "auto" instead.`,
    );
  }
  // A pass is divided where our attention tells one thread of the other.
  const { report, tandem: _, ...others } = kernels;
  return {
    ...others,
    report: { ...report, reason: `${report.reason} Attention is ONNX Runtime's: ours takes ${refusal}.` },
    attention: { grouped: runtimeAttention, latent: runtimeLatentAttention },
  };
}

/** Why one of the layers is too large, if one is. */
function refusalOf({ grouped, latent }: AttentionForms, spec: ModelSpec): string | undefined {
  for (const { attention } of [...spec.layers, ...(spec.draft?.layers ?? [])]) {
    const refusal = attention.kind === 'gqa' ? grouped.refuses?.(attention) : latent.refuses?.(attention);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
