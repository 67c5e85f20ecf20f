import type { AttentionSpec, FeedForwardSpec, ModelSpec } from '../../../models/spec.ts';
import type { WeightSource, WeightTensor } from '../../../models/weights.ts';
import type { BackendMemory } from '../backend.ts';
import type { AttentionForms } from './attentionForms.ts';
import { kvBytes, kvLayerOf } from './kvLayout.ts';
import { isHeadMatrix } from './headMatrices.ts';
import type { Kernels } from './kernels.ts';
import type { Products } from './lowering.ts';
import { CHUNK_TOKENS } from './modelPasses.ts';
import { requireTensor } from './requireTensor.ts';
import { ropeTableBytes } from './ropeTable.ts';
import { outputRole, planShards } from './shardPlan.ts';

/** ONNX Runtime itself, its threads and the process's own heap, as measured with a model of a few layers. */
const FIXED_BYTES = 96 << 20;

/** What `load` and a sequence of `contextTokens` will take, before anything is allocated. */
export function estimateMemory(
  spec: ModelSpec,
  weights: WeightSource,
  { contextTokens, kernels }: { readonly contextTokens: number; readonly kernels: Kernels },
): BackendMemory {
  const products = kernels.products();
  const layers = [...weights.tensors.values()]
    .filter(
      ({ role, shape }) => (spec.draft ? /^(layer|draft)\./ : /^layer\./).test(role) && shape.length > 1,
    )
    .reduce((sum, tensor) => sum + residentBytes(tensor, products), 0);
  const embedding = requireTensor(weights, 'embedding').byteLength;
  return {
    weightBytes: Math.ceil(
      layers + residentBytes(requireTensor(weights, outputRole(spec)), products) + embedding,
    ),
    kvBytes:
      kvBytes([...spec.layers, ...(spec.draft?.layers ?? [])], kernels.attention, contextTokens) +
      ropeTableBytes(spec, contextTokens),
    activationBytes:
      FIXED_BYTES +
      Math.max(activationBytes(spec, kernels.attention, contextTokens), loadingBytes(spec, weights, kernels)),
    kvLayers: spec.layers.map(({ attention }) => kvLayerOf(attention, kernels.attention)),
  };
}

/** Of a matrix, or of a stack of them; vectors are too small to count. */
function residentBytes({ role, type, shape }: WeightTensor, products: Products): number {
  const [columns = 1, rows = 1, count = 1] = shape.toReversed();
  if (isHeadMatrix(role) || role.endsWith('.router')) return 4 * count * rows * columns;
  return count * products.residentBytes(type, rows, columns);
}

/** The widest moment of a forward pass over one chunk: feed-forward, or attention with its scores. */
function activationBytes(spec: ModelSpec, forms: AttentionForms, contextTokens: number): number {
  const widest = spec.layers.reduce(
    (most, { attention, feedForward }) =>
      Math.max(
        most,
        attendingFloats(attention, forms, contextTokens),
        CHUNK_TOKENS * feedForwardFloats(feedForward, spec.embeddingLength),
      ),
    0,
  );
  return 4 * (widest + CHUNK_TOKENS * 8 * spec.embeddingLength + spec.vocabularySize);
}

/** Of a chunk. */
function attendingFloats(attention: AttentionSpec, forms: AttentionForms, contextTokens: number): number {
  if (attention.kind === 'gqa') {
    const heads = attention.queryHeads + 2 * attention.kvHeads;
    const packed = CHUNK_TOKENS * heads * attention.headDim;
    return packed + forms.grouped.scratchFloats(attention, CHUNK_TOKENS, contextTokens);
  }
  return forms.latent.scratchFloats(attention, CHUNK_TOKENS, contextTokens);
}

/** For each token of a chunk. */
function feedForwardFloats(feedForward: FeedForwardSpec, width: number): number {
  if (feedForward.kind === 'dense') return 5 * feedForward.innerLength;
  const { topK, expertInnerLength, sharedInnerLength } = feedForward;
  // A row for each chosen expert, sorted by expert and once more cut into the experts' own; their products, the same.
  return topK * (2 * width + 4 * expertInnerLength) + 5 * sharedInnerLength;
}

/**
 * What loading takes beyond what stays, at its end: three shards' weights as read and two copies in ONNX Runtime, of those
 * weights that it is given. The head is made first, when little else is resident, and does not count.
 */
function loadingBytes(spec: ModelSpec, weights: WeightSource, { isHandedOver }: Kernels): number {
  const layers = planShards(spec, weights, { isHandedOver }).filter(({ kind }) => kind !== 'head');
  return 5 * layers.reduce((most, { bytes }) => Math.max(most, bytes), 0);
}
