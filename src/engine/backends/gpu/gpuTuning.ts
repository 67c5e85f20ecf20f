import type { PlanLimits } from './gpuPlan.ts';

/** Sizes that trade one resource of an adapter for another. */
export interface GpuTuning {
  /** Invocations that share a product of four rows, a norm, a head: a power of two. */
  readonly workgroupSize: number;
  /** Units of eight weights that an invocation takes in a row: 1, 2 or 4. */
  readonly unitsPerLane: number;
  /** Invocations that share the positions of a split, or own the queries of a tile. */
  readonly attentionSize: number;
  /** Positions that come through a workgroup's memory at once. */
  readonly tilePositions: number;
  /** A tile of a product of many tokens is 4 * side rows and tokens. */
  readonly tileSide: number;
  /** A tile of tokens that chose one expert has `tileSide` times as many at most: experts have few of a piece each. */
  readonly expertTokensPerLane: number;
  /** Query heads of a workgroup at most. */
  readonly groupHeads: number;
  /** Tokens that are computed one by one at most: beyond, products of many tokens pay. */
  readonly fewTokens: number;
  /** Tokens of a pass at most. */
  readonly chunkTokens: number;
  /** Splits of a cache that attention of few tokens runs over, at most and at least positions of each. */
  readonly splits: number;
  readonly splitPositions: number;
  /** Invocations that look through a slice of a vocabulary for the best logits: a power of two. */
  readonly selectionSize: number;
  /** Logits of a slice. */
  readonly sliceLogits: number;
}

/**
 * Those that are measured on a GPU when it is first used (`searchSizes.ts`): they say how kernels divide their work, and nothing of
 * what lies where.
 */
export type MeasuredSizes = Pick<
  GpuTuning,
  'workgroupSize' | 'unitsPerLane' | 'attentionSize' | 'tilePositions' | 'tileSide'
>;

/** For GPUs. Guesses, from which the measurement starts. */
export const DEFAULT_TUNING: GpuTuning = {
  workgroupSize: 32,
  unitsPerLane: 1,
  attentionSize: 32,
  tilePositions: 8,
  tileSide: 8,
  expertTokensPerLane: 2,
  groupHeads: 4,
  fewTokens: 16,
  chunkTokens: 64,
  splits: 32,
  splitPositions: 128,
  selectionSize: 128,
  sliceLogits: 2048,
};

/**
 * For software that computes on the CPU: barriers cost more than idle invocations. On lavapipe, whose subgroups have 8
 * invocations, a token of SmolLM2-135M took 0.20 s of the CPU's time with these sizes and 0.38 with the others.
 */
export const SOFTWARE_TUNING: GpuTuning = {
  ...DEFAULT_TUNING,
  workgroupSize: 8,
  unitsPerLane: 4,
  selectionSize: 8,
};

/** What estimates and reports are made for, without an adapter: how weights are cut changes little. */
export const ANY_ADAPTER: PlanLimits = { bindingBytes: 2 ** 30, storageBuffers: 8, workgroups: 65_535 };
