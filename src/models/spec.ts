/**
 * A model's architecture as data. Backends read this and never a family's name: what makes a family special
 * is written here by the reader of its file format.
 */
export interface ModelSpec {
  /** For people. */
  readonly name: string;
  /** The file's own name of the family (`llama`, `qwen2`, ...), for people. */
  readonly architecture: string;
  readonly vocabularySize: number;
  /** Width of the residual stream. */
  readonly embeddingLength: number;
  /** Positions the model was trained for. */
  readonly contextLength: number;
  readonly layers: readonly LayerSpec[];
  /** RMSNorm's epsilon, one for the whole model. */
  readonly normEpsilon: number;
  /** True when the output projection is the embedding matrix. */
  readonly tiedEmbedding: boolean;
  readonly parameters: number;
}

export interface LayerSpec {
  readonly attention: AttentionSpec;
  readonly feedForward: FeedForwardSpec;
}

/** Union so that latent attention (`mla`) and experts (`moe`) join here. */
export type AttentionSpec = GroupedQueryAttention;
export type FeedForwardSpec = DenseFeedForward;

/** Grouped-query attention: query heads share key/value heads in groups of `queryHeads / kvHeads`. */
export interface GroupedQueryAttention {
  readonly kind: 'gqa';
  readonly queryHeads: number;
  readonly kvHeads: number;
  /** Of query, key and value alike. */
  readonly headDim: number;
  /** Biases on query, key and value (Qwen2). */
  readonly bias: boolean;
  /** RMSNorm on each head of query and key before the rotary embedding (Qwen3). */
  readonly queryKeyNorm: boolean;
  /** Multiplies query·key before the softmax. */
  readonly scale: number;
  readonly rope: RopeSpec;
}

/** Rotary position embedding (arXiv 2104.09864). */
export interface RopeSpec {
  /** Rotated leading dimensions of a head; the rest passes through. Even. */
  readonly dimensions: number;
  readonly base: number;
  /** `interleaved` rotates (0,1),(2,3),...; `halves` rotates (0,d/2),(1,d/2+1),... */
  readonly layout: 'interleaved' | 'halves';
  readonly scaling: RopeScaling;
}

export type RopeScaling =
  | { readonly kind: 'none' }
  /** Positions are divided by `factor`. */
  | { readonly kind: 'linear'; readonly factor: number }
  /** Each frequency is divided by its own factor (Llama 3). `factors.length` is `dimensions / 2`. */
  | { readonly kind: 'factors'; readonly factors: readonly number[] }
  /** YaRN (arXiv 2309.00071). */
  | {
      readonly kind: 'yarn';
      readonly factor: number;
      readonly originalContext: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      /** Multiplies cos and sin; the paper's `0.1 ln(factor) + 1` is in it. */
      readonly attentionFactor: number;
    };

/** SwiGLU: down(silu(gate(x)) * up(x)). */
export interface DenseFeedForward {
  readonly kind: 'dense';
  readonly innerLength: number;
}

/** cos and sin multiplier and the inverse frequencies of a rotary embedding, as every backend needs them. */
export interface RopeFrequencies {
  /** `dimensions / 2` angles per position. */
  readonly inverse: Float64Array;
  readonly magnitude: number;
}
