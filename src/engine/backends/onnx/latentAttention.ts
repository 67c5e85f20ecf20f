import type { LatentAttention } from '../../../models/spec.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { ValueName } from './graphBuilder.ts';
import type { LayerLowering } from './layerLowering.ts';

/** `[1, tokens, width]` -> `[1, tokens, queryHeads * valueDim]`, and new rows in the latent cache. */
export async function addLatentAttention(
  { spec, prefix }: LayerLowering,
  _attention: LatentAttention,
  _input: ValueName,
): Promise<ValueName> {
  return Promise.reject(
    new GlassboxError(
      'model/unsupported',
      `${spec.name} cannot run on the CPU: ${prefix} has latent attention, which is not built yet.`,
    ),
  );
}
