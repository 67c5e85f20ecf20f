import type { AttentionSpec, FeedForwardSpec, ModelSpec } from '../../../models/spec.ts';
import type { WeightSource, WeightTensor } from '../../../models/weights.ts';
import type { BackendMemory } from '../backend.ts';
import { kvBytes, kvLayerOf, latentRowWidth } from './kvLayout.ts';
import { CHUNK_TOKENS } from './onnxModel.ts';
import type { Representation } from './representation.ts';
import { representationOf } from './representation.ts';
import { requireTensor } from './requireTensor.ts';
import { ropeTableBytes } from './ropeTable.ts';
import { outputRole, planShards } from './shardPlan.ts';

/**
 * Bits that a weight takes once a session is made. On x64 ONNX Runtime keeps a block's codes with a copy of its scale
 * and their product with the zero point (32 bits each), and the scales and zero points as they were given besides.
 */
export function residentBitsPerWeight(representation: Representation): number {
  if (representation.kind === 'float') return 32;
  const { bits, blockSize, hasMinima } = representation;
  const zeroPointBits = hasMinima && bits === 4 ? bits : 0;
  return bits + (32 * (hasMinima ? 4 : 3) + zeroPointBits) / blockSize;
}

/** ONNX Runtime itself, its threads and the process's own heap, as measured with a model of a few layers. */
const FIXED_BYTES = 96 << 20;

/** What `load` and a sequence of `contextTokens` will take, before anything is allocated. */
export function estimateMemory(spec: ModelSpec, weights: WeightSource, contextTokens: number): BackendMemory {
  const layers = [...weights.tensors.values()]
    .filter(
      ({ role, shape }) => (spec.draft ? /^(layer|draft)\./ : /^layer\./).test(role) && shape.length > 1,
    )
    .reduce((sum, tensor) => sum + residentBytes(tensor), 0);
  const embedding = requireTensor(weights, 'embedding').byteLength;
  return {
    weightBytes: Math.ceil(layers + residentBytes(requireTensor(weights, outputRole(spec))) + embedding),
    kvBytes:
      kvBytes([...spec.layers, ...(spec.draft?.layers ?? [])], contextTokens) +
      ropeTableBytes(spec, contextTokens),
    activationBytes:
      FIXED_BYTES + Math.max(activationBytes(spec, contextTokens), loadingBytes(spec, weights)),
    kvLayers: spec.layers.map(({ attention }) => kvLayerOf(attention)),
  };
}

/** Of a matrix, or of a stack of them; vectors are too small to count. */
function residentBytes({ role, type, shape }: WeightTensor): number {
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  const bits = UNPACKED.test(role) ? 32 : residentBitsPerWeight(representationOf(type));
  return (count * bits) / 8;
}

/** Small matrices of one head each that are multiplied in single precision whatever their type. */
const UNPACKED = /\.attention\.(key|value|keyValue)\.up$/;

/** The widest moment of a forward pass over one chunk: feed-forward, or attention with its scores. */
function activationBytes(spec: ModelSpec, contextTokens: number): number {
  const widest = spec.layers.reduce(
    (most, { attention, feedForward }) =>
      Math.max(
        most,
        attendingFloats(attention, contextTokens),
        feedForwardFloats(feedForward, spec.embeddingLength),
      ),
    0,
  );
  return 4 * (CHUNK_TOKENS * (widest + 8 * spec.embeddingLength) + spec.vocabularySize);
}

/** For each token of a chunk. */
function attendingFloats(attention: AttentionSpec, contextTokens: number): number {
  if (attention.kind === 'gqa') {
    const heads = attention.queryHeads + 2 * attention.kvHeads;
    return heads * attention.headDim + attention.queryHeads * contextTokens;
  }
  const { queryHeads, plainDim, rotaryDim } = attention;
  // Queries as made and in the latent space, and the sums of latents; scores before and after the softmax, and the mask.
  const query = plainDim + rotaryDim + 2 * latentRowWidth(attention);
  return queryHeads * (query + 2 * contextTokens) + contextTokens;
}

/** For each token of a chunk. */
function feedForwardFloats(feedForward: FeedForwardSpec, width: number): number {
  if (feedForward.kind === 'dense') return 5 * feedForward.innerLength;
  const { topK, expertInnerLength, sharedInnerLength } = feedForward;
  // A row for each chosen expert, sorted by expert and once more cut into the experts' own; their products, the same.
  return topK * (2 * width + 4 * expertInnerLength) + 5 * sharedInnerLength;
}

/**
 * What loading takes beyond what stays, at its end: three shards' weights as read and two copies in ONNX Runtime. The
 * head is made first, when little else is resident, and does not count.
 */
function loadingBytes(spec: ModelSpec, weights: WeightSource): number {
  const layers = planShards(spec, weights).filter(({ kind }) => kind !== 'head');
  return 5 * layers.reduce((most, { bytes }) => Math.max(most, bytes), 0);
}
