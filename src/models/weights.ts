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
  | 'feedForward.down';

/** `layer.3.attention.query`: what a tensor is for, whatever its file calls it. */
export type TensorRole = 'embedding' | 'output' | 'output.norm' | `layer.${number}.${LayerTensor}`;

export interface WeightTensor {
  readonly role: TensorRole;
  /** The file's own name, for messages. */
  readonly name: string;
  readonly type: QuantizationType;
  /** Row-major `[rows, columns]` (output features, input features) or `[length]`. */
  readonly shape: readonly number[];
  readonly byteLength: number;
}

export interface WeightSource {
  readonly tensors: ReadonlyMap<TensorRole, WeightTensor>;
  /**
   * The bytes of rows `firstRow` to `firstRow + rowCount` in the file's own encoding (a row of a block type is a
   * whole number of blocks). A fresh buffer, 4-byte aligned. Throws `model/corrupt` when the file ends early.
   */
  readRows(role: TensorRole, firstRow: number, rowCount: number): Promise<Uint8Array>;
  /** All rows. */
  read(role: TensorRole): Promise<Uint8Array>;
  close(): Promise<void>;
}
