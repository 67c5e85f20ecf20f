import type { CacheType } from '../../../../native/kernels/kernel.ts';
import type { KvLayerPlace } from '../../../../native/webgpu/planKvCache.ts';
import type { ShardPiece } from '../../../../native/webgpu/planShards.ts';
import type { ModelSpec } from '../../../models/spec.ts';
import type { GpuTuning } from './gpuTuning.ts';
import type { ArenaRegion, StateRegion } from './planRegions.ts';
import type { PlannedMatrix } from './plannedMatrix.ts';
import type { PlannedVectors } from './planVectors.ts';

/** What the parts of a pass are planned from. */
export interface Planning {
  /** `few`: tokens one by one, a decoded one among them. `chunk`: many, in tiles. */
  readonly kind: 'few' | 'chunk';
  readonly spec: ModelSpec;
  readonly tuning: GpuTuning;
  readonly cache: CacheType;
  readonly vectors: PlannedVectors;
  /** In vectors of four floats. */
  readonly arena: Readonly<Record<ArenaRegion, number>>;
  /** In words. */
  readonly state: Readonly<Record<StateRegion, number>>;
  readonly piecesOf: (matrix: PlannedMatrix) => readonly ShardPiece[];
  /** Of the sequence. */
  readonly capacity: number;
  readonly kv: readonly KvLayerPlace[];
  /** Where the table of a layer's rotary embedding begins, in vectors of four. */
  readonly ropeAt: (layer: number) => number;
}
