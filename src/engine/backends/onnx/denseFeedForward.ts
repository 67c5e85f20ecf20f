import type { TensorRole } from '../../../models/weights.ts';
import type { ValueName } from './graphBuilder.ts';
import type { Lowering } from './linear.ts';
import { addLinear } from './linear.ts';
import { addSwiGlu } from './swiGlu.ts';

/** A SwiGLU's matrices by role. */
export interface DenseMatrices {
  readonly gate: TensorRole;
  readonly up: TensorRole;
  readonly down: TensorRole;
}

/** down(silu(gate(x)) * up(x)), gate and up as one product. `name` prefixes everything. */
export async function addDenseFeedForward(
  lowering: Lowering,
  name: ValueName,
  matrices: DenseMatrices,
  input: ValueName,
): Promise<ValueName> {
  const both = await addLinear(lowering, {
    input,
    name: `${name}/gate+up`,
    matrices: [matrices.gate, matrices.up],
  });
  const inner = addSwiGlu(lowering.graph, name, both);
  return addLinear(lowering, { input: inner, name: `${name}/down`, matrices: [matrices.down] });
}
