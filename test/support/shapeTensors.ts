import type { ExpertShape, LatentShape, ModelShape } from './modelShape.ts';

/**
 * A tensor to be filled with random weights. Matrices of deviation `gain / sqrt(columns)` keep activations near 1;
 * vectors lie around `mean`.
 */
export type TensorPlan = MatrixPlan | VectorPlan;

export interface MatrixPlan {
  readonly kind: 'matrix';
  readonly name: string;
  /** So many of them, one after the other: `[count, rows, columns]`. */
  readonly count?: number;
  readonly rows: number;
  readonly columns: number;
  readonly gain: number;
  /** Embedding or output, which files often store in another type. */
  readonly isEmbedding: boolean;
}

export interface VectorPlan {
  readonly kind: 'vector';
  readonly name: string;
  readonly length: number;
  readonly mean: number;
}

/** All tensors of a model, by the names of GGUF files. */
export function shapeTensors(shape: ModelShape): TensorPlan[] {
  const { embeddingLength: width, vocabularySize, experts } = shape;
  // Three times the deviation makes some tokens clearly likelier than others.
  const embedding = (name: string): TensorPlan => ({
    ...matrix(name, vocabularySize, width),
    gain: 3,
    isEmbedding: true,
  });
  const ends = [embedding('token_embd.weight'), vector('output_norm.weight', width, 1)];
  if (!shape.tiedEmbedding) ends.push(embedding('output.weight'));
  const blocks = Array.from({ length: shape.layers + (experts?.draftLayers ?? 0) }, (_, block) =>
    planBlock(shape, block).map((plan) => ({ ...plan, name: `blk.${String(block)}.${plan.name}` })),
  );
  return [...ends, ...blocks.flat()];
}

function planBlock(shape: ModelShape, block: number): TensorPlan[] {
  const { embeddingLength: width, innerLength: inner, experts, latent } = shape;
  return [
    vector('attn_norm.weight', width, 1),
    ...(latent ? planLatent(shape, latent) : planGroupedQuery(shape)),
    vector('ffn_norm.weight', width, 1),
    ...(experts && block >= experts.denseLayers
      ? planExperts(experts, width)
      : [
          matrix('ffn_gate.weight', inner, width),
          matrix('ffn_up.weight', inner, width),
          matrix('ffn_down.weight', width, inner),
        ]),
    ...(shape.bias ? planBiases(shape) : []),
    ...(shape.family === 'qwen3' || shape.family === 'qwen3moe' ? planHeadNorms(shape) : []),
    ...(block >= shape.layers ? planDraft(width) : []),
  ];
}

function planGroupedQuery(shape: ModelShape): TensorPlan[] {
  const { embeddingLength: width, headDim } = shape;
  return [
    matrix('attn_q.weight', shape.queryHeads * headDim, width),
    matrix('attn_k.weight', shape.kvHeads * headDim, width),
    matrix('attn_v.weight', shape.kvHeads * headDim, width),
    matrix('attn_output.weight', width, shape.queryHeads * headDim),
  ];
}

function planBiases({ queryHeads, kvHeads, headDim }: ModelShape): TensorPlan[] {
  return [
    vector('attn_q.bias', queryHeads * headDim, 0),
    vector('attn_k.bias', kvHeads * headDim, 0),
    vector('attn_v.bias', kvHeads * headDim, 0),
  ];
}

function planHeadNorms({ headDim }: ModelShape): TensorPlan[] {
  return [vector('attn_q_norm.weight', headDim, 1), vector('attn_k_norm.weight', headDim, 1)];
}

function planLatent(
  { embeddingLength: width, queryHeads: heads }: ModelShape,
  latent: LatentShape,
): TensorPlan[] {
  const { queryRank, latentRank, plainDim, rotaryDim, valueDim, unsplit } = latent;
  const query = heads * (plainDim + rotaryDim);
  const fromStream =
    queryRank === 0
      ? [matrix('attn_q.weight', query, width)]
      : [
          matrix('attn_q_a.weight', queryRank, width),
          vector('attn_q_a_norm.weight', queryRank, 1),
          matrix('attn_q_b.weight', query, queryRank),
        ];
  const fromLatent = unsplit
    ? [matrix('attn_kv_b.weight', heads * (plainDim + valueDim), latentRank)]
    : [
        matrices('attn_k_b.weight', heads, latentRank, plainDim),
        matrices('attn_v_b.weight', heads, valueDim, latentRank),
      ];
  return [
    ...fromStream,
    matrix('attn_kv_a_mqa.weight', latentRank + rotaryDim, width),
    vector('attn_kv_a_norm.weight', latentRank, 1),
    ...fromLatent,
    matrix('attn_output.weight', width, heads * valueDim),
  ];
}

function planExperts(experts: ExpertShape, width: number): TensorPlan[] {
  const { count, innerLength: inner } = experts;
  const shared = experts.sharedExperts * inner;
  return [
    matrix('ffn_gate_inp.weight', count, width),
    ...(experts.selectionBias ? [vector('exp_probs_b.bias', count, 0)] : []),
    matrices('ffn_gate_exps.weight', count, inner, width),
    matrices('ffn_up_exps.weight', count, inner, width),
    matrices('ffn_down_exps.weight', count, width, inner),
    ...(shared > 0
      ? [
          matrix('ffn_gate_shexp.weight', shared, width),
          matrix('ffn_up_shexp.weight', shared, width),
          matrix('ffn_down_shexp.weight', width, shared),
        ]
      : []),
  ];
}

function planDraft(width: number): TensorPlan[] {
  return [
    vector('nextn.enorm.weight', width, 1),
    vector('nextn.hnorm.weight', width, 1),
    matrix('nextn.eh_proj.weight', width, 2 * width),
    vector('nextn.shared_head_norm.weight', width, 1),
  ];
}

function matrix(name: string, rows: number, columns: number): MatrixPlan {
  return { kind: 'matrix', name, rows, columns, gain: 1, isEmbedding: false };
}

function matrices(name: string, count: number, rows: number, columns: number): MatrixPlan {
  return { ...matrix(name, rows, columns), count };
}

function vector(name: string, length: number, mean: number): VectorPlan {
  return { kind: 'vector', name, length, mean };
}
