import type { TensorRole, WeightSource } from '../../../models/weights.ts';
import { readVector } from './packMatrix.ts';

/** The biases of matrices that are multiplied as one, one behind another; undefined where there are none. */
export async function readBias(
  weights: WeightSource,
  roles: readonly TensorRole[] | undefined,
): Promise<Float32Array<ArrayBuffer> | undefined> {
  if (roles === undefined || roles.length === 0) return undefined;
  const vectors = await Promise.all(roles.map((role) => readVector(weights, role)));
  return Float32Array.from(vectors.flatMap((vector) => [...vector]));
}
