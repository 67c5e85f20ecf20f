import type { LatentAttention } from '../../../models/spec.ts';
import type { ValueName } from './graphBuilder.ts';
import type { LayerLowering } from './layerLowering.ts';

/**
 * How a graph attends in the latent space, and how the cache of such a layer lies in memory: with operators of ONNX Runtime
 * (`runtimeLatentAttention`) or with ours (`glassboxLatentAttention`).
 */
export interface LatentForm {
  /** Whether scores of all tokens with the whole cache exist at once, to which a mask is added (`sequenceInputs.ts`). */
  readonly hasScores: boolean;
  /**
   * @param projected `[1, tokens, .. + latentRank + rotaryDim]`: queries (or what they are made from, `addQueries`), latent, key
   * @returns `[1, tokens, queryHeads * valueDim]`, or `[1, 1, ..]` where only the last row is asked for; the layer's cache has
   *   new rows
   */
  attend(layer: LayerLowering, attention: LatentAttention, projected: ValueName): Promise<ValueName>;
  /** Of a cache with room for `tokens`. */
  cache(attention: LatentAttention, tokens: number): LatentCacheLayout;
  readonly dataType: 'float32' | 'float16';
  /** What the cache takes for each token. */
  bytesPerToken(attention: LatentAttention): number;
  /** Floats that operators take on their way, for a chunk of `tokens` that see `contextTokens`. */
  scratchFloats(attention: LatentAttention, tokens: number, contextTokens: number): number;
  /** What it takes and such a layer is not, for people, behind "it takes"; undefined where the layer is; absent: it takes all. */
  refuses?(attention: LatentAttention): string | undefined;
}

/** Rows of single precision `[latent | rotated key]`; or the same in half floats, `[panels, width, 16]`, as our kernels read keys. */
export type LatentCacheLayout =
  | { readonly kind: 'rows'; readonly width: number }
  | { readonly kind: 'panels'; readonly shape: readonly number[] };
