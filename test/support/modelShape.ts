export const FAMILIES = ['llama', 'qwen2', 'qwen3', 'qwen3moe', 'deepseek2'] as const;
export type Family = (typeof FAMILIES)[number];

/** The sizes of a model to be made. */
export interface ModelShape {
  readonly family: Family;
  readonly name: string;
  /** Without those that draft. */
  readonly layers: number;
  readonly embeddingLength: number;
  /** Of a layer's feed-forward without experts. */
  readonly innerLength: number;
  readonly queryHeads: number;
  /** Not of latent attention, and so is the next. */
  readonly kvHeads: number;
  readonly headDim: number;
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly tiedEmbedding: boolean;
  /** Biases on query, key and value. */
  readonly bias: boolean;
  readonly ropeBase: number;
  readonly normEpsilon: number;
  /** Of deepseek2. */
  readonly latent?: LatentShape;
  /** Of qwen3moe and deepseek2. */
  readonly experts?: ExpertShape;
}

export interface LatentShape {
  /** 0: queries straight from the residual stream. */
  readonly queryRank: number;
  readonly latentRank: number;
  readonly plainDim: number;
  readonly rotaryDim: number;
  readonly valueDim: number;
  /** Upward projections in one tensor, and the old meaning of the keys that go with it. */
  readonly unsplit: boolean;
}

/** From `sharedExperts` on of deepseek2 alone. */
export interface ExpertShape {
  readonly count: number;
  readonly topK: number;
  /** Of one expert. */
  readonly innerLength: number;
  readonly sharedExperts: number;
  /** `unsaid`: without the key, as files of V2 are. */
  readonly gate: 'softmax' | 'sigmoid' | 'unsaid';
  readonly selectionBias: boolean;
  readonly normalizeWeights: boolean;
  /** 0: without. */
  readonly weightScale: number;
  readonly groups?: { readonly count: number; readonly chosen: number };
  /** Layers at the beginning without experts. */
  readonly denseLayers: number;
  /** Multi-token prediction behind the last layer. */
  readonly draftLayers: 0 | 1;
}
