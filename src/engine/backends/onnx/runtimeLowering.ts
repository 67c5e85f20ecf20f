import type { Lowering } from './lowering.ts';

/**
 * `MatMulNBits`' accuracy level: 4 multiplies int8 activations (quantized per block as it runs), 0 floats. 4 is much
 * the faster one; 0 is for tests that compare a graph with its reference to rounding.
 */
export type AccuracyLevel = 0 | 4;

/** How products with ONNX Runtime's own operators are put together. */
export interface RuntimeArithmetic {
  readonly accuracyLevel: AccuracyLevel;
  /**
   * Tensors that an operator may have at most, none of them without rows: where each is a buffer of a GPU. Absent: any number of any
   * size, which costs less.
   */
  readonly mostTensors?: number | undefined;
}

/** What products with ONNX Runtime's own operators need besides. */
export interface RuntimeLowering extends Lowering, RuntimeArithmetic {}
