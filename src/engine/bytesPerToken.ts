import type { ModelSpec } from '../models/spec.ts';
import type { WeightSource } from '../models/weights.ts';

/** Bytes of weights in the file that a token reads: of an embedding one row, of experts those that are chosen. */
export function bytesPerToken(
  { layers, tiedEmbedding }: Pick<ModelSpec, 'layers' | 'tiedEmbedding'>,
  tensors: WeightSource['tensors'],
): number {
  let bytes = 0;
  for (const { role, byteLength } of tensors.values()) {
    if (role.startsWith('draft.') || (role === 'embedding' && !tiedEmbedding)) continue;
    const [, layer = '', expertsOf] = /^layer\.(\d+)\.(experts\.)?/.exec(role) ?? [];
    const feedForward = layers[Number(layer)]?.feedForward;
    const isRouted = expertsOf !== undefined && feedForward?.kind === 'moe';
    bytes += isRouted ? (byteLength * feedForward.topK) / feedForward.experts : byteLength;
  }
  return bytes;
}
