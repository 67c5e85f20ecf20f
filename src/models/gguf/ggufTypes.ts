import type { QuantizationType } from '../weights.ts';
import { QUANTIZATION_TYPES } from '../weights.ts';

/** Ids of metadata values. Source: the GGUF specification (ggml, `docs/gguf.md`), `gguf_metadata_value_type`. */
export const GGUF_VALUE_TYPES = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const;
export type GgufValueType = (typeof GGUF_VALUE_TYPES)[number];
export type GgufNumberType = Exclude<GgufValueType, 'bool' | 'string' | 'array'>;
export type GgufElementType = Exclude<GgufValueType, 'array'>;

/** Bytes of a value of fixed size. */
export const GGUF_VALUE_BYTES: Readonly<Record<GgufNumberType | 'bool', number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  uint64: 8,
  int64: 8,
  float64: 8,
};

/**
 * Ids of tensor types, in the specification's numbering (`ggml_type`); gaps were given up by ggml. Types that
 * Glassbox does not run are listed so that they can be refused by name.
 */
export const GGUF_TENSOR_TYPES: ReadonlyMap<number, string> = new Map([
  [0, 'F32'],
  [1, 'F16'],
  [2, 'Q4_0'],
  [3, 'Q4_1'],
  [6, 'Q5_0'],
  [7, 'Q5_1'],
  [8, 'Q8_0'],
  [9, 'Q8_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [12, 'Q4_K'],
  [13, 'Q5_K'],
  [14, 'Q6_K'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [30, 'BF16'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
  [40, 'NVFP4'],
]);

export function asQuantizationType(name: string): QuantizationType | undefined {
  return QUANTIZATION_TYPES.find((type) => type === name);
}
