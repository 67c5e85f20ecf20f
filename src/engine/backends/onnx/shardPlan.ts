import type { ModelSpec } from '../../../models/spec.ts';
import type { TensorRole, WeightSource } from '../../../models/weights.ts';

/**
 * A model runs as several sessions, one after another, so that what is needed only while a session is made (weights as
 * read, ONNX Runtime's copy of them) exists for a part of the model at a time, and loading can report and be cancelled.
 *
 * A layer is never cut. With many experts it may have gigabytes, which one session takes: weights are handed over tensor by
 * tensor beside the model's bytes, so that the two gigabytes of a message are no limit (tried with 2.25 GiB).
 */
export type Shard = LayerShard | HeadShard | DraftShard;

export interface LayerShard {
  readonly kind: 'layers';
  readonly firstLayer: number;
  readonly layerCount: number;
  /** In the file. */
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

/** Small enough that two shards in the making are little beside the model, large enough for few hand-overs a token. */
const SHARD_BYTES = 48 << 20;

/** Layers in their order, the head, and the draft where the spec has one. */
export function planShards(spec: ModelSpec, weights: WeightSource, shardBytes = SHARD_BYTES): Shard[] {
  const shards: Shard[] = [];
  let firstLayer = 0;
  let bytes = 0;
  spec.layers.forEach((_, index) => {
    bytes += bytesOf(weights, `layer.${index}.`);
    const isLast = index === spec.layers.length - 1;
    if (bytes < shardBytes && !isLast) return;
    shards.push({ kind: 'layers', firstLayer, layerCount: index + 1 - firstLayer, bytes });
    firstLayer = index + 1;
    bytes = 0;
  });
  shards.push({ kind: 'head', bytes: weights.tensors.get(outputRole(spec))?.byteLength ?? 0 });
  if (spec.draft) shards.push({ kind: 'draft', bytes: bytesOf(weights, 'draft.') });
  return shards;
}

/** The tensor that turns the last hidden state into logits. */
export function outputRole(spec: ModelSpec): TensorRole {
  return spec.tiedEmbedding ? 'embedding' : 'output';
}

/** All tensors of a part, in the file. */
function bytesOf(weights: WeightSource, prefix: string): number {
  return [...weights.tensors.values()].reduce(
    (sum, { role, byteLength }) => (role.startsWith(prefix) ? sum + byteLength : sum),
    0,
  );
}
