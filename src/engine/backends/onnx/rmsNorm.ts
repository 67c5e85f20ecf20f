import type { TensorRole } from '../../../models/weights.ts';
import type { ValueName } from './graphBuilder.ts';
import type { Lowering, NormedResidual, Residual } from './lowering.ts';
import { readVector } from './packMatrix.ts';

export interface RmsNormPlan {
  readonly name: ValueName;
  readonly scale: TensorRole;
  readonly epsilon: number;
}

/** RMSNorm over the last dimension (arXiv 1910.07467). */
export async function addRmsNorm(
  lowering: Lowering,
  input: ValueName,
  plan: RmsNormPlan,
): Promise<ValueName> {
  return (await addResidualNorm(lowering, { stream: input }, plan)).normed;
}

/** RMSNorm of the residual stream, with the pending product added first. */
export async function addResidualNorm(
  lowering: Lowering,
  residual: Residual,
  { name, scale, epsilon }: RmsNormPlan,
): Promise<NormedResidual> {
  const values = await readVector(lowering.weights, scale);
  const weight = lowering.graph.weight(`${name}.weight`, values, [values.length]);
  return lowering.products.norm(lowering, residual, { name, scale: weight, epsilon });
}
