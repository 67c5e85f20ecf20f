import type { QuantizationType } from '../../../models/weights.ts';

/**
 * How the weights of a quantization type lie in the graph. A weight is `scale * (code - center)`, plus the minimum of
 * its block where the type has minima; `docs/quantization.md` derives each row.
 */
export type Representation = FloatRepresentation | BlockRepresentation;

export interface FloatRepresentation {
  readonly kind: 'float';
}

export interface BlockRepresentation {
  readonly kind: 'blocks';
  /** Of a code in `MatMulNBits`, whose zero point is the middle of the codes: `2 ** (bits - 1)`. */
  readonly bits: 4 | 8;
  /** Weights that share a scale (and a minimum). */
  readonly blockSize: 16 | 32;
  readonly hasMinima: boolean;
}

const FLOAT: Representation = { kind: 'float' };

const REPRESENTATIONS: Readonly<Record<QuantizationType, Representation>> = {
  F32: FLOAT,
  F16: FLOAT,
  BF16: FLOAT,
  Q4_0: { kind: 'blocks', bits: 4, blockSize: 32, hasMinima: false },
  Q4_1: { kind: 'blocks', bits: 4, blockSize: 32, hasMinima: true },
  Q4_K: { kind: 'blocks', bits: 4, blockSize: 32, hasMinima: true },
  Q5_0: { kind: 'blocks', bits: 8, blockSize: 32, hasMinima: false },
  Q5_1: { kind: 'blocks', bits: 8, blockSize: 32, hasMinima: true },
  Q5_K: { kind: 'blocks', bits: 8, blockSize: 32, hasMinima: true },
  Q6_K: { kind: 'blocks', bits: 8, blockSize: 16, hasMinima: false },
  Q8_0: { kind: 'blocks', bits: 8, blockSize: 32, hasMinima: false },
};

export function representationOf(type: QuantizationType): Representation {
  return REPRESENTATIONS[type];
}

/** Whether two matrices can lie in one, row under row. */
export function isSameRepresentation(a: Representation, b: Representation): boolean {
  if (a.kind === 'float' || b.kind === 'float') return a.kind === b.kind;
  return a.bits === b.bits && a.blockSize === b.blockSize && a.hasMinima === b.hasMinima;
}
