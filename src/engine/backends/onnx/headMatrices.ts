import type { TensorRole } from '../../../models/weights.ts';

const HEAD_MATRICES = /\.attention\.(key|value|keyValue)\.up$/;

/** Whether a tensor holds a small matrix for each head, which are multiplied in single precision whatever their type. */
export function isHeadMatrix(role: TensorRole): boolean {
  return HEAD_MATRICES.test(role);
}
