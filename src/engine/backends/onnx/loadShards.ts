import type { OrtRuntime } from '../../../../native/onnxruntime/runtime.ts';
import type { ModelSpec } from '../../../models/spec.ts';
import type { TensorRole, WeightSource } from '../../../models/weights.ts';
import type { BackendLoadOptions } from '../backend.ts';
import type { BuiltGraph } from './graphBuilder.ts';
import type { Kernels } from './kernels.ts';
import type { Products } from './lowering.ts';
import type { LoadedShard } from './modelParts.ts';
import { throwIfCancelled } from '../cancelled.ts';
import type { ScratchLease } from './scratch.ts';
import { ScratchPool } from './scratch.ts';
import { buildShardGraph } from './shardGraph.ts';
import type { Shard } from './shardPlan.ts';
import { outputRole, planShards } from './shardPlan.ts';

/** Sessions that ONNX Runtime makes at a time, each on a thread of its own, while the next shard is being unpacked. */
const SESSIONS_IN_THE_MAKING = 2;

export interface LoadShardsOptions extends Pick<BackendLoadOptions, 'onProgress' | 'signal'> {
  readonly kernels: Kernels;
  /** Absent: `planShards`' own. */
  readonly shardBytes: number | undefined;
}

/**
 * Makes the sessions of a model, in the order of `planShards`. Whatever was made is disposed when one of them fails.
 */
export async function loadShards(
  spec: ModelSpec,
  file: WeightSource,
  runtime: OrtRuntime,
  { kernels, shardBytes, onProgress, signal }: LoadShardsOptions,
): Promise<LoadedShard[]> {
  const shards = planShards(spec, file, { isHandedOver: kernels.isHandedOver, shardBytes });
  // What is read counts, and what is handed over once more when its session is made.
  const totalBytes = bytesToRead(spec, file) + shards.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  const report = (bytes: number): void => {
    doneBytes += bytes;
    onProgress?.(doneBytes / totalBytes);
  };
  const weights: WeightSource = {
    tensors: file.tensors,
    read: async (role) => {
      const bytes = await file.read(role);
      if (isMatrix(file, role)) report(bytes.byteLength);
      return bytes;
    },
    readRows: async (role, firstRow, rowCount) => {
      throwIfCancelled(signal);
      const bytes = await file.readRows(role, firstRow, rowCount);
      if (isMatrix(file, role)) report(bytes.byteLength);
      return bytes;
    },
    close: () => file.close(),
  };
  const pool = new ScratchPool();
  const headPool = new ScratchPool();
  const makeSession = async (
    shard: Shard,
    graph: BuiltGraph,
    { products, scratch }: { readonly products: Products; readonly scratch: ScratchLease },
  ): Promise<LoadedShard> => {
    try {
      const session = await runtime.createSession(graph.model, graph.names, graph.initializers);
      report(shard.bytes);
      return { shard, session };
    } finally {
      products.release();
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
      const products = kernels.products();
      const graph = await buildShardGraph(spec, weights, shard, {
        products,
        attention: kernels.attention,
        scratch,
      }).catch((error: unknown) => {
        products.release();
        throw error;
      });
      await making.at(-SESSIONS_IN_THE_MAKING);
      const made = makeSession(shard, graph, { products, scratch });
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

/** Of all matrices of a model but its embeddings. */
function bytesToRead(spec: ModelSpec, file: WeightSource): number {
  return [...file.tensors.values()].reduce((sum, { role, byteLength }) => {
    const isRead =
      role.startsWith('layer.') || role === outputRole(spec) || (spec.draft && role.startsWith('draft.'));
    return isRead && isMatrix(file, role) ? sum + byteLength : sum;
  }, 0);
}

/** Vectors are too small to count. */
function isMatrix({ tensors }: WeightSource, role: TensorRole): boolean {
  return (tensors.get(role)?.shape.length ?? 0) > 1;
}
