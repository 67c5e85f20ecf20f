import type { BlockType } from '../../../../native/kernels/blockType.ts';
import type { TensorRole } from '../../../models/weights.ts';

/** A matrix as it lies on the GPU: rows of the file's tensors under each other, of one type. */
export interface PlannedMatrix {
  /** As in `layer.3.query+key+value`. */
  readonly name: string;
  readonly type: BlockType;
  readonly rows: number;
  readonly columns: number;
  /** Rows that stay together. */
  readonly grainRows: number;
  /** Matrices of one group follow each other, and one dispatch reads them where one shard holds them. */
  readonly group?: string;
  readonly source: MatrixSource;
}

export type MatrixSource =
  | { readonly kind: 'rows'; readonly segments: readonly MatrixSegment[] }
  /**
   * `[heads, latentRank, plainDim]` in floats, out of `[heads, plainDim + valueDim, latentRank]`: files that were not split
   * have the plain keys' rows the other way round.
   */
  | {
      readonly kind: 'transposedKeys';
      readonly role: TensorRole;
      readonly heads: number;
      readonly plainDim: number;
      readonly valueDim: number;
      readonly latentRank: number;
    };

/** Rows of a tensor; of a stack of matrices they are counted through. */
export interface MatrixSegment {
  readonly role: TensorRole;
  readonly firstRow: number;
  readonly rows: number;
}
