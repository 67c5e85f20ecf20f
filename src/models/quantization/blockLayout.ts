import type { QuantizationType } from '../weights.ts';

/** How a type cuts a row: every `values` weights take `bytes` bytes. */
export interface BlockLayout {
  readonly values: number;
  readonly bytes: number;
}

/**
 * Block sizes of the GGUF tensor types. Source: the block structures of ggml (`ggml-common.h`) and the GGUF
 * specification (ggml, `docs/gguf.md`). What is inside a block is written beside each decoder in this folder.
 */
const LAYOUTS: Readonly<Record<QuantizationType, BlockLayout>> = {
  F32: { values: 1, bytes: 4 },
  F16: { values: 1, bytes: 2 },
  BF16: { values: 1, bytes: 2 },
  Q4_0: { values: 32, bytes: 18 },
  Q4_1: { values: 32, bytes: 20 },
  Q5_0: { values: 32, bytes: 22 },
  Q5_1: { values: 32, bytes: 24 },
  Q8_0: { values: 32, bytes: 34 },
  Q4_K: { values: 256, bytes: 144 },
  Q5_K: { values: 256, bytes: 176 },
  Q6_K: { values: 256, bytes: 210 },
};

export function blockLayout(type: QuantizationType): BlockLayout {
  return LAYOUTS[type];
}

/** Bytes of a row of `columns` weights. `columns` is a multiple of the type's block. */
export function rowBytes(type: QuantizationType, columns: number): number {
  const { values, bytes } = LAYOUTS[type];
  return (columns / values) * bytes;
}

export function bitsPerWeight(type: QuantizationType): number {
  const { values, bytes } = LAYOUTS[type];
  return (bytes * 8) / values;
}
