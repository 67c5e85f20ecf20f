import type { TensorRole } from '../weights.ts';

/** A tensor that a part of the model needs: its role in that part, its name in the block, its shape. */
export interface PartPlan<Tensor extends string> {
  readonly tensor: Tensor;
  /** Without `blk.3.`. */
  readonly name: string;
  /** `[length]`, `[rows, columns]` or `[count, rows, columns]`. */
  readonly shape: readonly number[];
}

/** A tensor that the file must have. */
export interface TensorPlan {
  readonly role: TensorRole;
  readonly name: string;
  readonly shape: readonly number[];
}
