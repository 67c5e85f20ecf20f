import type { OrtRuntime } from '../../../../native/onnxruntime/runtime.ts';
import type { ModelSpec } from '../../../models/spec.ts';
import type { WeightSource } from '../../../models/weights.ts';
import type { BackendLoadOptions } from '../backend.ts';
import type { AccuracyLevel } from './linear.ts';
import type { LoadedShard } from './onnxModel.ts';
import { throwIfCancelled } from './runtimeErrors.ts';
import { buildShardGraph } from './shardGraph.ts';
import type { Shard } from './shardPlan.ts';
import { planShards } from './shardPlan.ts';

/** Sessions that ONNX Runtime makes at a time, each on a thread of its own, while the next shard is being unpacked. */
const SESSIONS_IN_THE_MAKING = 2;

export interface LoadShardsOptions extends Pick<BackendLoadOptions, 'onProgress' | 'signal'> {
  readonly accuracyLevel: AccuracyLevel;
  /** Absent: `planShards`' own. */
  readonly shardBytes: number | undefined;
}

/** Makes the sessions of a model, one shard after another. Whatever was made is disposed when one of them fails. */
export async function loadShards(
  spec: ModelSpec,
  weights: WeightSource,
  runtime: OrtRuntime,
  { accuracyLevel, shardBytes, onProgress, signal }: LoadShardsOptions,
): Promise<LoadedShard[]> {
  const shards = planShards(spec, weights, shardBytes);
  const totalBytes = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  const load = async (
    graph: Awaited<ReturnType<typeof buildShardGraph>>,
    shard: Shard,
  ): Promise<LoadedShard> => {
    const session = await runtime.createSession(graph.model, graph.names, graph.initializers);
    doneBytes += shard.bytes;
    onProgress?.(doneBytes / totalBytes);
    return { shard, session };
  };
  const loading: Promise<LoadedShard>[] = [];
  try {
    for (const shard of shards) {
      throwIfCancelled(signal);
      const graph = await buildShardGraph(spec, weights, shard, accuracyLevel);
      await loading.at(-SESSIONS_IN_THE_MAKING);
      const started = load(graph, shard);
      // Looked at below; a failure in between must not count as unhandled.
      started.catch(() => undefined);
      loading.push(started);
    }
    const loaded = await Promise.all(loading);
    throwIfCancelled(signal);
    return loaded;
  } catch (error) {
    for (const result of await Promise.allSettled(loading)) {
      if (result.status === 'fulfilled') await result.value.session.dispose();
    }
    throw error;
  }
}
