/** Over how many buffers each a shard's quants and scales lie, which a kernel then reads as if they were one. */
export interface WeightSpan {
  readonly quants: number;
  readonly scales: number;
  /** Of each buffer but the last: a multiple of 16. */
  readonly bytes: number;
}

/** What a shard takes, or would. */
export interface ShardBytes {
  readonly quantBytes: number;
  readonly scaleBytes: number;
}

/** What shards may have. */
export interface ShardLimits {
  /** That the adapter binds of a buffer. */
  readonly bindingBytes: number;
  /** Of weights, that it binds at once: two at least, quants and scales. */
  readonly buffers: number;
}

/** The span of a shard of so many bytes; a buffer of each where there is little. */
export function spanOf({ quantBytes, scaleBytes }: ShardBytes, bindingBytes: number): WeightSpan {
  const bytes = Math.floor(bindingBytes / 16) * 16;
  const buffers = (all: number): number => Math.max(1, Math.ceil(all / bytes));
  return { quants: buffers(quantBytes), scales: buffers(scaleBytes), bytes };
}

/** Whether quants and scales lie in one buffer each. */
export function isNarrow({ quants, scales }: WeightSpan): boolean {
  return quants === 1 && scales === 1;
}

/** How many times so many bytes fit into the widest shard. */
export function mostInShard(
  { quantBytes, scaleBytes }: ShardBytes,
  { bindingBytes, buffers }: ShardLimits,
): number {
  const { bytes } = spanOf({ quantBytes, scaleBytes }, bindingBytes);
  const most = (ofQuants: number): number =>
    Math.min(
      Math.floor((ofQuants * bytes) / quantBytes),
      scaleBytes === 0 ? Infinity : Math.floor(((buffers - ofQuants) * bytes) / scaleBytes),
    );
  return Math.max(...Array.from({ length: buffers - 1 }, (_, index) => most(index + 1)));
}
