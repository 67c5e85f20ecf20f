import type { GroupedQueryAttention } from '../../../models/spec.ts';
import type { ValueName } from './graphBuilder.ts';
import type { LayerLowering } from './layerLowering.ts';

/**
 * How a graph attends with grouped query heads, and how the cache of such a layer lies in memory: with ONNX Runtime's
 * operator (`runtimeAttention`) or with ours (`glassboxAttention`).
 */
export interface GroupedAttention {
  /**
   * What the operator is told about a run: `rows` and how many there will be in the cache, or the `position` of the first
   * (`sequenceInputs.ts`).
   */
  readonly reads: 'rows' | 'position';
  /**
   * @param packed `[1, tokens, (queryHeads + 2 * kvHeads) * headDim]`: query, key and value
   * @returns `[1, tokens, queryHeads * headDim]`; the layer's cache has new rows
   */
  attend(layer: LayerLowering, attention: GroupedQueryAttention, packed: ValueName): Promise<ValueName>;
  /** Of a cache with room for `tokens`. */
  cache(attention: GroupedQueryAttention, tokens: number): HeadCacheLayout;
  /** What the cache takes for each token. */
  bytesPerToken(attention: GroupedQueryAttention): { readonly key: number; readonly value: number };
  /** Floats that the operator takes on its way, for a chunk of `tokens` that see `contextTokens`. */
  scratchFloats(attention: GroupedQueryAttention, tokens: number, contextTokens: number): number;
  /** What it takes and such a layer is not, for people, behind "it takes"; undefined where the layer is; absent: it takes all. */
  refuses?(attention: GroupedQueryAttention): string | undefined;
}

/** Shapes of its two tensors. */
export interface HeadCacheLayout {
  readonly dataType: 'float32' | 'float16';
  readonly key: readonly number[];
  readonly value: readonly number[];
}
