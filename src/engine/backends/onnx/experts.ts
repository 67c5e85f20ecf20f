import type { ExpertFeedForward } from '../../../models/spec.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { ValueName } from './graphBuilder.ts';
import type { LayerLowering } from './layerLowering.ts';

/** `[1, tokens, width]` -> the same: the chosen experts' outputs, weighted, and the shared expert's. */
export async function addExperts(
  { spec, prefix }: LayerLowering,
  _feedForward: ExpertFeedForward,
  _input: ValueName,
): Promise<ValueName> {
  return Promise.reject(
    new GlassboxError(
      'model/unsupported',
      `${spec.name} cannot run on the CPU: ${prefix} has experts, which are not built yet.`,
    ),
  );
}
