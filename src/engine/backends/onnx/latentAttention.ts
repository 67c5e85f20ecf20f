import type { LatentAttention } from '../../../models/spec.ts';
import type { ValueName } from './graphBuilder.ts';
import { layerRole, type LayerLowering } from './layerLowering.ts';
import { addRmsNorm } from './rmsNorm.ts';

/**
 * Multi-head latent attention in its absorbed form (DeepSeek-V2, arXiv 2405.04434, section 2.1.2).
 * `[1, tokens, width]` -> `[1, tokens, queryHeads * valueDim]`, of the last token where only that is asked for, and new rows in the
 * latent cache.
 *
 * A key is `keyUp · latent` beside the shared rotated key, so query·key is `(keyUpᵀ · query) · latent` plus a product of
 * rotated parts: queries go into the latent space once, where all heads look at the same rows `[latent | rotated key]`, and
 * only weighted sums of latents are turned into values. Keys and values of earlier tokens never exist.
 */
export async function addLatentAttention(
  layer: LayerLowering,
  attention: LatentAttention,
  input: ValueName,
): Promise<ValueName> {
  const projected = await layer.products.linear(layer, {
    input,
    name: `${layer.prefix}/attention/query+latent`,
    matrices: [
      layerRole(layer, attention.queryRank === undefined ? 'attention.query' : 'attention.query.down'),
      layerRole(layer, 'attention.latent'),
    ],
  });
  return layer.attention.latent.attend(layer, attention, projected);
}

/** Queries of all heads, from what they were compressed to. */
export async function addQueries(layer: LayerLowering, compressed: ValueName): Promise<ValueName> {
  const name = `${layer.prefix}/attention/query`;
  return layer.products.linear(layer, {
    input: await addRmsNorm(layer, compressed, {
      name: `${name}.norm`,
      scale: layerRole(layer, 'attention.query.down.norm'),
      epsilon: layer.spec.normEpsilon,
    }),
    name,
    matrices: [layerRole(layer, 'attention.query.up')],
  });
}
