import type { Lowering } from './lowering.ts';

/**
 * `MatMulNBits`' accuracy level: 4 multiplies int8 activations (quantized per block as it runs), 0 floats. 4 is much
 * the faster one; 0 is for tests that compare a graph with its reference to rounding.
 */
export type AccuracyLevel = 0 | 4;

/** What products with ONNX Runtime's own operators need besides. */
export interface RuntimeLowering extends Lowering {
  readonly accuracyLevel: AccuracyLevel;
}
