/** Where a model's routed experts are, when some are in memory beside the GPU, and what that has meant since it was loaded. */
export interface ExpertPlacementReport {
  /** Of all routed experts, in memory on the CPU's side. */
  readonly memoryBytes: number;
  /** Of the slots on the GPU, all together. */
  readonly slotBytes: number;
  readonly passes: number;
  readonly tokens: number;
  /** Experts that were written to slots. */
  readonly uploads: number;
  readonly uploadedBytes: number;
  /** What experts on the CPU gave, on its way to the GPU. */
  readonly outputBytes: number;
  readonly layers: readonly PlacedLayer[];
}

export interface PlacedLayer {
  /** In the model. */
  readonly layer: number;
  readonly experts: number;
  readonly slots: number;
  /** Of one expert. */
  readonly expertBytes: number;
  /** Choices whose expert was in a slot, and the others. */
  readonly hits: number;
  readonly misses: number;
  /** Experts in slots now. */
  readonly residents: readonly number[];
}
