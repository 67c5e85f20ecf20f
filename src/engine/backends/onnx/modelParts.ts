import type { OrtRuntime, OrtSession } from '../../../../native/onnxruntime/runtime.ts';
import type { ModelSpec } from '../../../models/spec.ts';
import type { EmbeddingTable } from './embeddingTable.ts';
import type { Kernels } from './kernels.ts';
import type { Shard } from './shardPlan.ts';
import type { ShortRuns } from './shortRuns.ts';

export interface LoadedShard {
  readonly shard: Shard;
  readonly session: OrtSession;
}

/** What a loaded model is made of; whoever takes them disposes the sessions and the runtime. */
export interface ModelParts {
  readonly spec: ModelSpec;
  readonly runtime: OrtRuntime;
  readonly kernels: Kernels;
  readonly embedding: EmbeddingTable;
  /** Layers in their order, the head, and the draft where the spec has one. */
  readonly shards: readonly LoadedShard[];
  /** Scales of the norms before the output matrix. */
  readonly norms: {
    readonly output: Float32Array<ArrayBuffer>;
    readonly draft?: Float32Array<ArrayBuffer>;
  };
  /** Absent: none are. */
  readonly shortRuns?: ShortRuns;
  /** A thread more than the runtime has may compute at times; absent: none may. */
  readonly spareThread?: { readonly givesWay: boolean };
}
