import type { ModelSpec } from '../../../models/spec.ts';
import type { TensorRole, WeightSource, WeightTensor } from '../../../models/weights.ts';

/**
 * A model runs as several sessions, one after another, so that what is needed only while a session is made (weights as
 * read, ONNX Runtime's copy of them) exists for a part of the model at a time, and loading can report and be cancelled.
 * Weights that our own operators read are not handed over, and do not count: without others all layers are one shard.
 *
 * A layer is never cut. With many experts it may have gigabytes, which one session takes: weights are handed over tensor by
 * tensor beside the model's bytes, so that the two gigabytes of a message are no limit (tried with 2.25 GiB).
 */
export type Shard = LayerShard | HeadShard | DraftShard;

export interface LayerShard {
  readonly kind: 'layers';
  readonly firstLayer: number;
  readonly layerCount: number;
  /** In the file, of weights that are handed over to ONNX Runtime. */
  readonly bytes: number;
}

/** The last norm and the output matrix. Apart, because it needs only the last token of a prompt. */
export interface HeadShard {
  readonly kind: 'head';
  readonly bytes: number;
}

/** Multi-token prediction: what comes before its layer, and the layer. Its logits are the head's. */
export interface DraftShard {
  readonly kind: 'draft';
  readonly bytes: number;
}

/**
 * What a token reads of a shard: small enough that two shards in the making are little beside the model, large enough for
 * few hand-overs a token (one costs about a fifth of a millisecond once weights have been through the caches).
 */
const SHARD_BYTES = 48 << 20;

/** A token reads little of many experts, but all are loaded: a shard ends at so many times as many bytes in any case. */
const MOST_LOADED = 2;

export interface ShardPlanOptions {
  /** Which weights are handed over to ONNX Runtime. */
  readonly isHandedOver: (tensor: WeightTensor) => boolean;
  /** Absent: `SHARD_BYTES`. */
  readonly shardBytes?: number | undefined;
}

/** Layers in their order, the head, and the draft where the spec has one. */
export function planShards(
  spec: ModelSpec,
  weights: WeightSource,
  { isHandedOver, shardBytes = SHARD_BYTES }: ShardPlanOptions,
): Shard[] {
  const handedOver = [...weights.tensors.values()].filter(isHandedOver);
  const bytesOf = (prefix: string): number =>
    handedOver.reduce((sum, { role, byteLength }) => (role.startsWith(prefix) ? sum + byteLength : sum), 0);
  const shards: Shard[] = [];
  let firstLayer = 0;
  let bytes = 0;
  let read = 0;
  spec.layers.forEach(({ feedForward }, index) => {
    const ofExperts = bytesOf(`layer.${index}.experts.`);
    const ofLayer = bytesOf(`layer.${index}.`);
    const idle = feedForward.kind === 'moe' ? 1 - feedForward.topK / feedForward.experts : 0;
    bytes += ofLayer;
    read += ofLayer - idle * ofExperts;
    const isLast = index === spec.layers.length - 1;
    if (read < shardBytes && bytes < MOST_LOADED * shardBytes && !isLast) return;
    shards.push({ kind: 'layers', firstLayer, layerCount: index + 1 - firstLayer, bytes });
    firstLayer = index + 1;
    bytes = 0;
    read = 0;
  });
  const output = handedOver.find(({ role }) => role === outputRole(spec));
  shards.push({ kind: 'head', bytes: output?.byteLength ?? 0 });
  if (spec.draft) shards.push({ kind: 'draft', bytes: bytesOf('draft.') });
  return shards;
}

/** The tensor that turns the last hidden state into logits. */
export function outputRole(spec: ModelSpec): TensorRole {
  return spec.tiedEmbedding ? 'embedding' : 'output';
}
