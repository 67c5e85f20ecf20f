/** How a model would run on a GPU: what is dispatched for a token and what of the memory each dispatch moves. */
export interface PlanReport {
  readonly model: string;
  /** Tokens before those of the pass. */
  readonly position: number;
  readonly tokens: number;
  readonly capacity: number;
  readonly cacheType: 'f32' | 'f16' | 'q8' | 'q4';
  readonly shards: readonly { readonly quantBytes: number; readonly scaleBytes: number }[];
  /** Matrices that lie in pieces, since they are larger than what a kernel binds: each piece takes a dispatch. */
  readonly cut: {
    readonly matrices: readonly { readonly name: string; readonly pieces: number }[];
    /** Buffers of weights that a kernel binds, and of how many bytes. */
    readonly buffers: number;
    readonly bindingBytes: number;
  };
  readonly arenaBytes: number;
  readonly stateBytes: number;
  readonly vectorBytes: number;
  readonly kvBufferBytes: readonly number[];
  readonly dispatches: readonly DispatchReport[];
  /** Where routed experts are, when the GPU has no room for all of them. */
  readonly experts?: {
    /** Of all of them, in memory on the CPU's side. */
    readonly memoryBytes: number;
    /** Of the slots for hot ones on the GPU. */
    readonly slotBytes: number;
    readonly layers: readonly {
      readonly layer: number;
      readonly experts: number;
      readonly slots: number;
      /** Of one expert. */
      readonly expertBytes: number;
      /** Of gate and up, and of down where it differs. */
      readonly types: readonly string[];
    }[];
  };
  readonly perLayer: readonly {
    readonly attention: 'gqa' | 'mla';
    readonly feedForward: 'dense' | 'moe';
    readonly dispatches: number;
  }[];
  /** Of the pass, each byte counted once for each dispatch that needs it. */
  readonly weightBytes: number;
  readonly kvBytes: number;
  /** Activations, norms, tables, choices and logits. */
  readonly otherBytes: number;
}

export interface DispatchReport {
  readonly name: string;
  readonly kernel: string;
  /** Absent before the first layer and behind the last. */
  readonly layer?: number;
  readonly blocks?: string;
  /** Of the second matrix, for kernels that read two. */
  readonly secondBlocks?: string;
  readonly shard?: number;
  readonly workgroups: readonly [number, number, number];
  readonly workgroupSize: number;
  readonly weightBytes: number;
  readonly kvReadBytes: number;
  readonly kvWrittenBytes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}
