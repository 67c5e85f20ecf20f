import type { GgufMetadataEntries } from './ggufWriter.ts';
import { float32, string, uint32 } from './ggufWriter.ts';

export const FAMILIES = ['llama', 'qwen2', 'qwen3'] as const;
export type Family = (typeof FAMILIES)[number];

/** The sizes of a model to be made. */
export interface ModelShape {
  readonly family: Family;
  readonly name: string;
  readonly layers: number;
  readonly embeddingLength: number;
  readonly innerLength: number;
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly tiedEmbedding: boolean;
  /** Biases on query, key and value. */
  readonly bias: boolean;
  readonly ropeBase: number;
  readonly normEpsilon: number;
}

/** The `general.*` and `<family>.*` keys of a file. */
export function shapeMetadata(shape: ModelShape): GgufMetadataEntries {
  const { family } = shape;
  return {
    'general.architecture': string(family),
    'general.name': string(shape.name),
    [`${family}.block_count`]: uint32(shape.layers),
    [`${family}.context_length`]: uint32(shape.contextLength),
    [`${family}.embedding_length`]: uint32(shape.embeddingLength),
    [`${family}.feed_forward_length`]: uint32(shape.innerLength),
    [`${family}.attention.head_count`]: uint32(shape.queryHeads),
    [`${family}.attention.head_count_kv`]: uint32(shape.kvHeads),
    [`${family}.attention.key_length`]: uint32(shape.headDim),
    [`${family}.attention.value_length`]: uint32(shape.headDim),
    [`${family}.rope.dimension_count`]: uint32(shape.headDim),
    [`${family}.rope.freq_base`]: float32(shape.ropeBase),
    [`${family}.attention.layer_norm_rms_epsilon`]: float32(shape.normEpsilon),
  };
}

/**
 * A tensor to be filled with random weights. Matrices of deviation `gain / sqrt(columns)` keep activations near 1;
 * vectors lie around `mean`.
 */
export type TensorPlan =
  | {
      readonly kind: 'matrix';
      readonly name: string;
      readonly rows: number;
      readonly columns: number;
      readonly gain: number;
      /** Embedding or output, which files often store in another type. */
      readonly isEmbedding: boolean;
    }
  | { readonly kind: 'vector'; readonly name: string; readonly length: number; readonly mean: number };

/** All tensors of a model, by the names of GGUF files. */
export function planTensors(shape: ModelShape): TensorPlan[] {
  const { embeddingLength: width, vocabularySize } = shape;
  // Three times the deviation makes some tokens clearly likelier than others.
  const embedding = (name: string): TensorPlan => ({
    kind: 'matrix',
    name,
    rows: vocabularySize,
    columns: width,
    gain: 3,
    isEmbedding: true,
  });
  const ends = [embedding('token_embd.weight'), vector('output_norm.weight', width, 1)];
  if (!shape.tiedEmbedding) ends.push(embedding('output.weight'));
  const layers = Array.from({ length: shape.layers }, (_, layer) => planLayer(shape, layer));
  return [...ends, ...layers.flat()];
}

function planLayer(shape: ModelShape, layer: number): TensorPlan[] {
  const { embeddingLength: width, innerLength: inner, headDim } = shape;
  const query = shape.queryHeads * headDim;
  const kv = shape.kvHeads * headDim;
  const name = (tensor: string): string => `blk.${String(layer)}.${tensor}`;
  const plans = [
    vector(name('attn_norm.weight'), width, 1),
    matrix(name('attn_q.weight'), query, width),
    matrix(name('attn_k.weight'), kv, width),
    matrix(name('attn_v.weight'), kv, width),
    matrix(name('attn_output.weight'), width, query),
    vector(name('ffn_norm.weight'), width, 1),
    matrix(name('ffn_gate.weight'), inner, width),
    matrix(name('ffn_up.weight'), inner, width),
    matrix(name('ffn_down.weight'), width, inner),
  ];
  if (shape.bias)
    plans.push(
      vector(name('attn_q.bias'), query, 0),
      vector(name('attn_k.bias'), kv, 0),
      vector(name('attn_v.bias'), kv, 0),
    );
  if (shape.family === 'qwen3')
    plans.push(
      vector(name('attn_q_norm.weight'), headDim, 1),
      vector(name('attn_k_norm.weight'), headDim, 1),
    );
  return plans;
}

function matrix(name: string, rows: number, columns: number): TensorPlan {
  return { kind: 'matrix', name, rows, columns, gain: 1, isEmbedding: false };
}

function vector(name: string, length: number, mean: number): TensorPlan {
  return { kind: 'vector', name, length, mean };
}
