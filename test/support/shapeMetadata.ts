import type { GgufMetadataEntries } from './ggufWriter.ts';
import { bool, float32, string, uint32 } from './ggufWriter.ts';
import type { ExpertShape, LatentShape, ModelShape } from './modelShape.ts';

/** The `general.*` and `<family>.*` keys of a file. */
export function shapeMetadata(shape: ModelShape): GgufMetadataEntries {
  const { family, latent, experts } = shape;
  const keys = {
    block_count: uint32(shape.layers + (experts?.draftLayers ?? 0)),
    context_length: uint32(shape.contextLength),
    embedding_length: uint32(shape.embeddingLength),
    feed_forward_length: uint32(shape.innerLength),
    'attention.head_count': uint32(shape.queryHeads),
    'attention.layer_norm_rms_epsilon': float32(shape.normEpsilon),
    ...(latent ? latentKeys(latent, shape.queryHeads) : groupedQueryKeys(shape)),
    'rope.freq_base': float32(shape.ropeBase),
    ...(experts && (family === 'deepseek2' ? deepseekKeys(experts) : expertKeys(experts))),
  };
  return {
    'general.architecture': string(family),
    'general.name': string(shape.name),
    ...Object.fromEntries(Object.entries(keys).map(([key, value]) => [`${family}.${key}`, value])),
  };
}

function groupedQueryKeys({ kvHeads, headDim }: ModelShape): GgufMetadataEntries {
  return {
    'attention.head_count_kv': uint32(kvHeads),
    'attention.key_length': uint32(headDim),
    'attention.value_length': uint32(headDim),
    'rope.dimension_count': uint32(headDim),
  };
}

function latentKeys(latent: LatentShape, queryHeads: number): GgufMetadataEntries {
  const { queryRank, latentRank, plainDim, rotaryDim, valueDim, unsplit } = latent;
  const keyDim = plainDim + rotaryDim;
  return {
    'attention.q_lora_rank': uint32(queryRank),
    'attention.kv_lora_rank': uint32(latentRank),
    'attention.head_count_kv': uint32(unsplit ? queryHeads : 1),
    'attention.key_length': uint32(unsplit ? keyDim : latentRank + rotaryDim),
    'attention.value_length': uint32(unsplit ? valueDim : latentRank),
    ...(!unsplit && {
      'attention.key_length_mla': uint32(keyDim),
      'attention.value_length_mla': uint32(valueDim),
    }),
    'rope.dimension_count': uint32(rotaryDim),
  };
}

function expertKeys({ count, topK, innerLength }: ExpertShape): GgufMetadataEntries {
  return {
    expert_count: uint32(count),
    expert_used_count: uint32(topK),
    expert_feed_forward_length: uint32(innerLength),
  };
}

function deepseekKeys(experts: ExpertShape): GgufMetadataEntries {
  const { gate, groups, draftLayers } = experts;
  return {
    ...expertKeys(experts),
    leading_dense_block_count: uint32(experts.denseLayers),
    expert_shared_count: uint32(experts.sharedExperts),
    expert_weights_scale: float32(experts.weightScale),
    expert_weights_norm: bool(experts.normalizeWeights),
    ...(gate !== 'unsaid' && { expert_gating_func: uint32(gate === 'softmax' ? 1 : 2) }),
    ...(groups && {
      expert_group_count: uint32(groups.count),
      expert_group_used_count: uint32(groups.chosen),
    }),
    ...(draftLayers > 0 && { nextn_predict_layers: uint32(draftLayers) }),
  };
}
