import { corrupt, quote, unsupported } from '../modelErrors.ts';
import type { LayerSpec } from '../spec.ts';
import type { LayerTensor, TensorRole } from '../weights.ts';
import { QUANTIZATION_TYPES } from '../weights.ts';
import type { GgufTensor } from './ggufHeader.ts';
import { asQuantizationType } from './ggufTypes.ts';
import type { PlacedTensor } from './ggufWeightSource.ts';

/** Divides the rotary frequencies; it goes into the spec, not into the weights. */
export const ROPE_FACTORS_TENSOR = 'rope_freqs.weight';

interface TensorPlan {
  readonly role: TensorRole;
  readonly name: string;
  /** `[rows, columns]` or `[length]`. */
  readonly shape: readonly number[];
}

export interface TensorSizes {
  readonly vocabularySize: number;
  readonly embeddingLength: number;
  readonly layers: readonly LayerSpec[];
  readonly tiedEmbedding: boolean;
  readonly ropeFactors: boolean;
}

/**
 * Gives every tensor of the file its role. A tensor that is missing, has another shape, or that nothing would
 * read is refused: leaving one out silently would change what the model says.
 *
 * @throws GlassboxError `model/corrupt`, `model/unsupported`
 */
export function mapTensors(
  found: ReadonlyMap<string, GgufTensor>,
  sizes: TensorSizes,
  file: string,
): Map<TensorRole, PlacedTensor> {
  const plans = planTensors(sizes);
  const planned = new Set(plans.map((plan) => plan.name));
  if (sizes.ropeFactors) planned.add(ROPE_FACTORS_TENSOR);
  for (const name of found.keys())
    if (!planned.has(name))
      throw unsupported(
        file,
        `tensor ${quote(name)}`,
        'has no place in this architecture; the model has a part that Glassbox does not know',
      );
  return new Map(plans.map((plan) => [plan.role, place(plan, found, file)]));
}

function planTensors(sizes: TensorSizes): TensorPlan[] {
  const { vocabularySize, embeddingLength, tiedEmbedding, layers } = sizes;
  const ends: TensorPlan[] = [
    { role: 'embedding', name: 'token_embd.weight', shape: [vocabularySize, embeddingLength] },
    { role: 'output.norm', name: 'output_norm.weight', shape: [embeddingLength] },
  ];
  if (!tiedEmbedding)
    ends.push({ role: 'output', name: 'output.weight', shape: [vocabularySize, embeddingLength] });
  return [...ends, ...layers.flatMap((layer, index) => planLayer(layer, index, embeddingLength))];
}

function planLayer({ attention, feedForward }: LayerSpec, index: number, width: number): TensorPlan[] {
  const { headDim } = attention;
  const query = attention.queryHeads * headDim;
  const kv = attention.kvHeads * headDim;
  const inner = feedForward.innerLength;
  const plan = (tensor: LayerTensor, name: string, ...shape: number[]): TensorPlan => ({
    role: `layer.${index}.${tensor}`,
    name: `blk.${String(index)}.${name}`,
    shape,
  });
  const plans = [
    plan('attention.norm', 'attn_norm.weight', width),
    plan('attention.query', 'attn_q.weight', query, width),
    plan('attention.key', 'attn_k.weight', kv, width),
    plan('attention.value', 'attn_v.weight', kv, width),
    plan('attention.output', 'attn_output.weight', width, query),
    plan('feedForward.norm', 'ffn_norm.weight', width),
    plan('feedForward.gate', 'ffn_gate.weight', inner, width),
    plan('feedForward.up', 'ffn_up.weight', inner, width),
    plan('feedForward.down', 'ffn_down.weight', width, inner),
  ];
  if (attention.bias)
    plans.push(
      plan('attention.query.bias', 'attn_q.bias', query),
      plan('attention.key.bias', 'attn_k.bias', kv),
      plan('attention.value.bias', 'attn_v.bias', kv),
    );
  if (attention.queryKeyNorm)
    plans.push(
      plan('attention.query.norm', 'attn_q_norm.weight', headDim),
      plan('attention.key.norm', 'attn_k_norm.weight', headDim),
    );
  return plans;
}

function place(plan: TensorPlan, found: ReadonlyMap<string, GgufTensor>, file: string): PlacedTensor {
  const field = `tensor ${quote(plan.name)}`;
  const tensor = found.get(plan.name);
  if (tensor === undefined) throw corrupt(file, field, 'is missing');
  const type = asQuantizationType(tensor.typeName);
  if (type === undefined)
    throw unsupported(
      file,
      field,
      `is stored as ${tensor.typeName}; supported are ${QUANTIZATION_TYPES.join(', ')}`,
    );
  // The file has the fastest dimension first, and some writers pad with dimensions of 1.
  const shape = trimOnes(tensor.dimensions).reverse();
  if (shape.join() !== trimOnes(plan.shape.toReversed()).reverse().join())
    throw corrupt(file, field, `has the shape [${shape.join(', ')}] instead of [${plan.shape.join(', ')}]`);
  const { role, name } = plan;
  return {
    role,
    name,
    type,
    shape: plan.shape,
    byteLength: tensor.byteLength,
    fileOffset: tensor.fileOffset,
  };
}

/** Without the dimensions of 1 at the slow end, of which the first never is one. */
function trimOnes(dimensions: readonly number[]): number[] {
  const trimmed = [...dimensions];
  while (trimmed.length > 1 && trimmed.at(-1) === 1) trimmed.pop();
  return trimmed;
}
