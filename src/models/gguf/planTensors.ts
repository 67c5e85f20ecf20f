import type { LayerSpec, ModelSpec } from '../spec.ts';
import type { DraftTensor, LayerTensor } from '../weights.ts';
import { planAttention } from './planAttention.ts';
import { planFeedForward } from './planFeedForward.ts';
import type { PartPlan, TensorPlan } from './tensorPlan.ts';

/** What decides which tensors a file has. */
export type TensorSizes = Pick<
  ModelSpec,
  'vocabularySize' | 'embeddingLength' | 'tiedEmbedding' | 'layers' | 'draft'
>;

/** Every tensor that the model needs; `has` says whether the file holds a name. */
export function planTensors(sizes: TensorSizes, has: (name: string) => boolean): TensorPlan[] {
  const { vocabularySize, embeddingLength: width, tiedEmbedding, layers, draft } = sizes;
  const ends: TensorPlan[] = [
    { role: 'embedding', name: 'token_embd.weight', shape: [vocabularySize, width] },
    { role: 'output.norm', name: 'output_norm.weight', shape: [width] },
  ];
  if (!tiedEmbedding) ends.push({ role: 'output', name: 'output.weight', shape: [vocabularySize, width] });
  const inLayers = layers.flatMap((layer, index) =>
    planLayer(layer, width, block(index), has).map((plan): TensorPlan => ({
      role: `layer.${index}.${plan.tensor}`,
      name: block(index) + plan.name,
      shape: plan.shape,
    })),
  );
  const inDraft = (draft?.layers ?? []).flatMap((layer, depth) => {
    const prefix = block(layers.length + depth);
    return [...planDraft(width), ...planLayer(layer, width, prefix, has)].map((plan): TensorPlan => ({
      role: `draft.${depth}.${plan.tensor}`,
      name: prefix + plan.name,
      shape: plan.shape,
    }));
  });
  return [...ends, ...inLayers, ...inDraft];
}

function block(index: number): string {
  return `blk.${String(index)}.`;
}

function planLayer(
  { attention, feedForward }: LayerSpec,
  width: number,
  prefix: string,
  has: (name: string) => boolean,
): PartPlan<LayerTensor>[] {
  return [
    { tensor: 'attention.norm', name: 'attn_norm.weight', shape: [width] },
    ...planAttention(attention, width, has(`${prefix}attn_kv_b.weight`)),
    { tensor: 'feedForward.norm', name: 'ffn_norm.weight', shape: [width] },
    ...planFeedForward(feedForward, width),
  ];
}

/** Embedding and output matrix of its own, which some converters write beside these, are refused by name. */
function planDraft(width: number): PartPlan<DraftTensor>[] {
  return [
    { tensor: 'embedding.norm', name: 'nextn.enorm.weight', shape: [width] },
    { tensor: 'hidden.norm', name: 'nextn.hnorm.weight', shape: [width] },
    { tensor: 'projection', name: 'nextn.eh_proj.weight', shape: [width, 2 * width] },
    { tensor: 'output.norm', name: 'nextn.shared_head_norm.weight', shape: [width] },
  ];
}
