import type { BlockType } from '../../../../native/kernels/blockType.ts';
import type { KERNELS } from '../../../../native/kernels/catalog.ts';
import type { WeightSpan } from '../../../../native/webgpu/weightSpan.ts';

/** What differs from pass to pass. */
export interface Step {
  /** Tokens before those of the pass. */
  readonly position: number;
  readonly tokens: number;
  /** Logits are wanted of so many rows, from this one on. */
  readonly firstLogits: number;
  readonly logitRows: number;
  /** The best of each row that are looked for, where they are. */
  readonly best: number;
  /** Rows of the layer at hand whose experts lie in slots; absent where none do. */
  readonly cachedRows?: number;
}

/** A number, or how it comes from the step. */
export type Amount = number | ((step: Step) => number);

export function amountAt(amount: Amount, step: Step): number {
  return typeof amount === 'number' ? amount : amount(step);
}

export type KernelName = keyof typeof KERNELS;

/** One dispatch as data: nothing of it is made yet. */
export interface PlannedDispatch {
  /** As in `layer.3.query+key+value`. */
  readonly name: string;
  /** Of the model; absent: before the first or behind the last. */
  readonly layer?: number;
  readonly kernel: KernelName;
  readonly workgroupSize: number;
  readonly constants: Readonly<Record<string, number | boolean>>;
  readonly blocks?: BlockType;
  /** Of kernels that read two matrices. */
  readonly secondBlocks?: BlockType;
  /** Of the weights; dispatches without weights are bound to any. */
  readonly shard?: number;
  /** The shard's, where it lies over more than a buffer of quants and one of scales. */
  readonly span?: WeightSpan;
  /** Of the KV cache's buffers. */
  readonly cacheBuffer?: number;
  /** The layer whose experts' slots are read in place of a shard. */
  readonly slots?: number;
  /**
   * Of a layer with experts on both sides, what is submitted once its choices are known: what needs none of them (`beside`), experts in
   * slots (`cached`), the sum of all (`sum`). Absent: in order with what is before it.
   */
  readonly stage?: 'beside' | 'cached' | 'sum';
  readonly parameters: Readonly<Record<string, Amount>>;
  readonly workgroups: readonly [Amount, Amount, Amount];
  readonly traffic: Traffic;
}

/** The traffic of a dispatch that touches neither weights nor the KV cache, but for what it reads and writes. */
export const NO_WEIGHTS = { weights: 0, kvRead: 0, kvWritten: 0 } as const;

/**
 * Bytes that a dispatch must move at least: each byte that it reads or writes counted once. How often caches make it read
 * them again is the adapter's affair.
 */
export interface Traffic {
  readonly weights: Amount;
  readonly kvRead: Amount;
  readonly kvWritten: Amount;
  /** Activations, norms, tables and choices. */
  readonly read: Amount;
  readonly written: Amount;
}
