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
  /** Multi-token prediction: layers after the last, that draft the tokens behind the next one. */
  readonly draft?: DraftSpec;
}

export interface LayerSpec {
  readonly attention: AttentionSpec;
  readonly feedForward: FeedForwardSpec;
}

export type AttentionSpec = GroupedQueryAttention | LatentAttention;
export type FeedForwardSpec = DenseFeedForward | ExpertFeedForward;

/**
 * Multi-token prediction (DeepSeek-V3, arXiv 2412.19437, section 2.2). Depth k reads the normed hidden state of depth
 * k - 1 at position t beside the normed embedding of token t + k, projects both (`[2 * width]` -> `[width]`), runs one
 * layer with its own cache, and predicts token t + k + 1. Embedding and output matrix are the model's own.
 */
export interface DraftSpec {
  /** One for each depth; its tensors have the roles `draft.<depth>.*`. */
  readonly layers: readonly LayerSpec[];
}

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

/**
 * Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1). The cache holds for each token one normed
 * latent vector and one rotated key, both shared by all heads.
 */
export interface LatentAttention {
  readonly kind: 'mla';
  readonly queryHeads: number;
  /** Width of the compressed query; absent: queries come straight from the residual stream (V2-Lite). */
  readonly queryRank?: number;
  /** Width of the latent vector. */
  readonly latentRank: number;
  /** Dimensions of a query or key head without position. */
  readonly plainDim: number;
  /** Of the shared key and of each query head, after the plain dimensions; `rope.dimensions` are equal to it. */
  readonly rotaryDim: number;
  /** Dimensions of a value head. */
  readonly valueDim: number;
  /** Multiplies query·key before the softmax. */
  readonly scale: number;
  readonly rope: RopeSpec;
}

/** SwiGLU: down(silu(gate(x)) * up(x)). */
export interface DenseFeedForward {
  readonly kind: 'dense';
  readonly innerLength: number;
}

/**
 * Routed experts, each a SwiGLU, and optionally shared ones that every token uses (DeepSeekMoE, arXiv 2401.06066;
 * selection bias: arXiv 2408.15664).
 */
export interface ExpertFeedForward {
  readonly kind: 'moe';
  readonly experts: number;
  readonly topK: number;
  readonly expertInnerLength: number;
  /** All shared experts together, as one SwiGLU; 0: none. */
  readonly sharedInnerLength: number;
  /** Turns the router's logits into scores. */
  readonly gate: 'softmax' | 'sigmoid';
  /** A bias per expert is added to the scores for the choice alone, not for the weights (`noaux_tc`). */
  readonly selectionBias: boolean;
  /** The chosen experts' weights are divided by their sum. */
  readonly normalizeWeights: boolean;
  /** Multiplies the weights, after the division. */
  readonly weightScale: number;
  /**
   * Only experts of the `chosen` best of `count` equal groups may be chosen. With a selection bias a group is worth
   * the sum of its two best experts, else its best one.
   */
  readonly groups?: { readonly count: number; readonly chosen: number };
}

/** cos and sin multiplier and the inverse frequencies of a rotary embedding, as every backend needs them. */
export interface RopeFrequencies {
  /** `dimensions / 2` angles per position. */
  readonly inverse: Float64Array;
  readonly magnitude: number;
}
