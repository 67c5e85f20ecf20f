import type { ModelSpec } from '../../../models/spec.ts';

/** In each layer that has experts (`checkSupported`: the same in all); 0: none has. */
export function expertsPerToken({ layers }: ModelSpec): number {
  return layers.reduce(
    (most, { feedForward }) => Math.max(most, feedForward.kind === 'moe' ? feedForward.topK : 0),
    0,
  );
}
