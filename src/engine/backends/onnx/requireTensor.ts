import { GlassboxError } from '../../../protocol/errors.ts';
import type { TensorRole, WeightSource, WeightTensor } from '../../../models/weights.ts';

/** The tensor of a role that the model's spec promises. @throws GlassboxError `internal` when it is missing */
export function requireTensor(weights: WeightSource, role: TensorRole): WeightTensor {
  const tensor = weights.tensors.get(role);
  if (tensor === undefined) throw new GlassboxError('internal', `The model has no tensor ${role}.`);
  return tensor;
}

/** `[rows, columns]` of a matrix. */
export function matrixShape(tensor: WeightTensor): readonly [rows: number, columns: number] {
  const [rows, columns] = tensor.shape;
  if (rows === undefined || columns === undefined || tensor.shape.length !== 2) {
    throw new GlassboxError('internal', `${tensor.name} is not a matrix.`);
  }
  return [rows, columns];
}
