import { blockLayout } from '../../src/models/quantization/blockLayout.ts';
import type { QuantizationType } from '../../src/models/weights.ts';

/** What llama.cpp's own quantizer takes where rows are no whole number of super-blocks. */
const FALLBACK: Readonly<Partial<Record<QuantizationType, QuantizationType>>> = {
  Q4_K: 'Q5_0',
  Q5_K: 'Q5_1',
  Q6_K: 'Q8_0',
};

/** The type that a matrix is stored in when `wanted` is asked for. Routers stay floats, as llama.cpp's quantizer leaves them. */
export function storableType(name: string, columns: number, wanted: QuantizationType): QuantizationType {
  if (name.endsWith('.ffn_gate_inp.weight')) return 'F32';
  if (columns % blockLayout(wanted).values === 0) return wanted;
  const fallback = FALLBACK[wanted];
  if (fallback === undefined || columns % blockLayout(fallback).values !== 0)
    throw new Error(`${name} has rows of ${String(columns)}, which ${wanted} cannot store`);
  return fallback;
}
