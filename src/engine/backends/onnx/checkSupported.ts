import type { ModelSpec } from '../../../models/spec.ts';
import { GlassboxError } from '../../../protocol/errors.ts';

/**
 * What ONNX Runtime's attention asks of a model, before anything is allocated.
 * @throws GlassboxError `model/unsupported`
 */
export function checkSupported(spec: ModelSpec): void {
  for (const [index, { attention }] of spec.layers.entries()) {
    const { headDim, rope, queryHeads, kvHeads } = attention;
    // GroupQueryAttention takes cos and sin in widths of eight only.
    if (rope.dimensions % 16 !== 0 || rope.dimensions > headDim) {
      refuse(
        spec,
        `layer ${index} rotates ${rope.dimensions} of ${headDim} dimensions of a head (a multiple of 16 is supported)`,
      );
    }
    if (queryHeads % kvHeads !== 0) {
      refuse(
        spec,
        `layer ${index} has ${queryHeads} query heads for ${kvHeads} key heads (a multiple is supported)`,
      );
    }
  }
}

function refuse(spec: ModelSpec, what: string): never {
  throw new GlassboxError('model/unsupported', `${spec.name} cannot run on the CPU: ${what}.`);
}
