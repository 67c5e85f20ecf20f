import type { OrtRuntime } from '../../../../native/onnxruntime/runtime.ts';
import type { ModelSpec } from '../../../models/spec.ts';
import type { WeightSource } from '../../../models/weights.ts';
import type { BackendLoadOptions } from '../backend.ts';
import type { BuiltGraph } from './graphBuilder.ts';
import type { AccuracyLevel } from './linear.ts';
import type { LoadedShard } from './onnxModel.ts';
import { throwIfCancelled } from './runtimeErrors.ts';
import type { ScratchLease } from './scratch.ts';
import { ScratchPool } from './scratch.ts';
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

/**
 * Makes the sessions of a model, in the order of `planShards`. Whatever was made is disposed when one of them fails.
 */
export async function loadShards(
  spec: ModelSpec,
  weights: WeightSource,
  runtime: OrtRuntime,
  { accuracyLevel, shardBytes, onProgress, signal }: LoadShardsOptions,
): Promise<LoadedShard[]> {
  const shards = planShards(spec, weights, shardBytes);
  const totalBytes = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  const pool = new ScratchPool();
  const headPool = new ScratchPool();
  const makeSession = async (
    shard: Shard,
    graph: BuiltGraph,
    scratch: ScratchLease,
  ): Promise<LoadedShard> => {
    try {
      const session = await runtime.createSession(graph.model, graph.names, graph.initializers);
      doneBytes += shard.bytes;
      onProgress?.(doneBytes / totalBytes);
      return { shard, session };
    } finally {
      scratch.release();
      headPool.free();
      runtime.trimMemory();
    }
  };
  const making: Promise<LoadedShard>[] = [];
  try {
    // The head first: its matrix is the largest, and least is resident yet.
    for (const shard of shards.toReversed()) {
      throwIfCancelled(signal);
      const scratch = (shard.kind === 'head' ? headPool : pool).lease();
      const graph = await buildShardGraph(spec, weights, shard, { accuracyLevel, scratch });
      await making.at(-SESSIONS_IN_THE_MAKING);
      const made = makeSession(shard, graph, scratch);
      // Looked at below; a failure in between must not count as unhandled.
      made.catch(() => undefined);
      making.push(made);
    }
    const loaded = await Promise.all(making);
    throwIfCancelled(signal);
    return loaded.reverse();
  } catch (error) {
    for (const result of await Promise.allSettled(making)) {
      if (result.status === 'fulfilled') await result.value.session.dispose();
    }
    throw error;
  } finally {
    pool.free();
  }
}
