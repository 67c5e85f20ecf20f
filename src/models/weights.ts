/** Tensors by role, and how to read their bytes without reading the whole file. */

export const QUANTIZATION_TYPES = [
  'F32',
  'F16',
  'BF16',
  'Q4_0',
  'Q4_1',
  'Q5_0',
  'Q5_1',
  'Q8_0',
  'Q4_K',
  'Q5_K',
  'Q6_K',
] as const;
export type QuantizationType = (typeof QUANTIZATION_TYPES)[number];

export type LayerTensor =
  | 'attention.norm'
  | 'attention.query'
  | 'attention.query.bias'
  | 'attention.query.norm'
  | 'attention.key'
  | 'attention.key.bias'
  | 'attention.key.norm'
  | 'attention.value'
  | 'attention.value.bias'
  | 'attention.output'
  | 'feedForward.norm'
  | 'feedForward.gate'
  | 'feedForward.up'
  | 'feedForward.down'
  | LatentAttentionTensor
  | ExpertTensor;

/** Of latent attention; `attention.norm`, `attention.output` and, without query compression, `attention.query` join. */
type LatentAttentionTensor =
  /** `[queryRank, width]` */
  | 'attention.query.down'
  | 'attention.query.down.norm'
  /** `[heads * (plainDim + rotaryDim), queryRank]` */
  | 'attention.query.up'
  /** `[latentRank + rotaryDim, width]` */
  | 'attention.latent'
  | 'attention.latent.norm'
  /** `[heads, latentRank, plainDim]`: takes a plain query into the latent space. */
  | 'attention.key.up'
  /** `[heads, valueDim, latentRank]` */
  | 'attention.value.up'
  /** `[heads * (plainDim + valueDim), latentRank]`: both of the above in one, in files that were not split. */
  | 'attention.keyValue.up';

type ExpertTensor =
  /** `[experts, width]` */
  | 'router'
  /** `[experts]` */
  | 'router.bias'
  /** `[experts, inner, width]` */
  | 'experts.gate'
  | 'experts.up'
  /** `[experts, width, inner]` */
  | 'experts.down'
  | 'sharedExpert.gate'
  | 'sharedExpert.up'
  | 'sharedExpert.down';

export type DraftTensor =
  /** `[width]`: norm of the token's embedding. */
  | 'embedding.norm'
  /** `[width]`: norm of the hidden state. */
  | 'hidden.norm'
  /** `[width, 2 * width]`: embedding first, then hidden state. */
  | 'projection'
  /** `[width]`: before the output matrix. */
  | 'output.norm'
  | LayerTensor;

/** `layer.3.attention.query`: what a tensor is for, whatever its file calls it. */
export type TensorRole =
  | 'embedding'
  | 'output'
  | 'output.norm'
  | `layer.${number}.${LayerTensor}`
  | `draft.${number}.${DraftTensor}`;

export interface WeightTensor {
  readonly role: TensorRole;
  /** The file's own name, for messages. */
  readonly name: string;
  readonly type: QuantizationType;
  /** Row-major `[rows, columns]` (output features, input features), `[count, rows, columns]` or `[length]`. */
  readonly shape: readonly number[];
  readonly byteLength: number;
}

export interface WeightSource {
  readonly tensors: ReadonlyMap<TensorRole, WeightTensor>;
  /**
   * Rows of a tensor with three dimensions are counted through: `count * rows` of them.
   *
   * The bytes of rows `firstRow` to `firstRow + rowCount` in the file's own encoding (a row of a block type is a
   * whole number of blocks). A fresh buffer, 4-byte aligned. Throws `model/corrupt` when the file ends early.
   */
  readRows(role: TensorRole, firstRow: number, rowCount: number): Promise<Uint8Array>;
  /** All rows. */
  read(role: TensorRole): Promise<Uint8Array>;
  close(): Promise<void>;
}
