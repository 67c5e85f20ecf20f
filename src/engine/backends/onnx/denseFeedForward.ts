import type { TensorRole } from '../../../models/weights.ts';
import type { ValueName } from './graphBuilder.ts';
import type { Lowering } from './linear.ts';
import { addLinear } from './linear.ts';

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
  const { graph } = lowering;
  const both = await addLinear(lowering, {
    input,
    name: `${name}/gate+up`,
    matrices: [matrices.gate, matrices.up],
  });
  graph.nodes('Split', [`${name}/gate`, `${name}/up`], [both], { axis: -1, num_outputs: 2 });
  // QuickGelu is x * sigmoid(alpha * x): SiLU for alpha 1, in one node.
  const activated = graph.node('com.microsoft.QuickGelu', `${name}/silu`, [`${name}/gate`], {
    alpha: { float: 1 },
  });
  const inner = graph.node('Mul', `${name}/inner`, [activated, `${name}/up`]);
  return addLinear(lowering, { input: inner, name: `${name}/down`, matrices: [matrices.down] });
}
