import type { ModelSpec } from '../../../models/spec.ts';
import type { TensorRole, WeightSource } from '../../../models/weights.ts';
import type { BackendMemory } from '../backend.ts';
import { kvBytes } from './kvBuffers.ts';
import { CHUNK_TOKENS } from './onnxModel.ts';
import type { Representation } from './representation.ts';
import { representationOf } from './representation.ts';
import { matrixShape, requireTensor } from './requireTensor.ts';
import { ropeTableBytes } from './ropeTable.ts';
import { LAYER_MATRICES, outputRole, planShards } from './shardPlan.ts';

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
  const bytesOf = (role: TensorRole): number => {
    const tensor = requireTensor(weights, role);
    const [rows, columns] = matrixShape(tensor);
    return (rows * columns * residentBitsPerWeight(representationOf(tensor.type))) / 8;
  };
  const layers = spec.layers.reduce(
    (sum, _, index) =>
      sum + LAYER_MATRICES.reduce((bytes, tensor) => bytes + bytesOf(`layer.${index}.${tensor}`), 0),
    0,
  );
  const embedding = requireTensor(weights, 'embedding').byteLength;
  return {
    weightBytes: Math.ceil(layers + bytesOf(outputRole(spec)) + embedding),
    kvBytes: kvBytes(spec, contextTokens) + ropeTableBytes(spec, contextTokens),
    activationBytes:
      FIXED_BYTES + Math.max(activationBytes(spec, contextTokens), loadingBytes(spec, weights)),
  };
}

/** The widest moment of a forward pass over one chunk: feed-forward, or attention with its scores. */
function activationBytes(spec: ModelSpec, contextTokens: number): number {
  const widest = spec.layers.reduce((most, { attention, feedForward }) => {
    const heads = attention.queryHeads + 2 * attention.kvHeads;
    const attending = heads * attention.headDim + attention.queryHeads * contextTokens;
    return Math.max(most, attending, 5 * feedForward.innerLength);
  }, 0);
  return 4 * (CHUNK_TOKENS * (widest + 8 * spec.embeddingLength) + spec.vocabularySize);
}

/**
 * What loading takes beyond what stays, at its end: three shards' weights as read and two copies in ONNX Runtime. The
 * head is made first, when little else is resident, and does not count.
 */
function loadingBytes(spec: ModelSpec, weights: WeightSource): number {
  const layers = planShards(spec, weights).filter(({ kind }) => kind === 'layers');
  return 5 * layers.reduce((most, { bytes }) => Math.max(most, bytes), 0);
}
