import { addBlockSums } from './blockSums.ts';
import type { ValueName } from './graphBuilder.ts';
import type { LinearPlan } from './lowering.ts';
import { addMatrixProduct } from './matrixProduct.ts';
import { addMinimaProduct } from './minimaProduct.ts';
import type { PackedMatrix } from './packMatrix.ts';
import { groupMatrices, packGroup } from './packMatrix.ts';
import { readBias } from './readBias.ts';
import { matrixShape, requireTensor } from './requireTensor.ts';
import type { RuntimeLowering } from './runtimeLowering.ts';

/**
 * `input · matrixᵀ (+ bias)`. Matrices of one representation are one product; where they differ the products are
 * concatenated, which costs a copy of the outputs and no precision.
 */
export async function addLinear(lowering: RuntimeLowering, plan: LinearPlan): Promise<ValueName> {
  const { graph, weights, scratch } = lowering;
  const matrices = plan.matrices.map((role) => {
    const [rows] = matrixShape(requireTensor(weights, role));
    return { role, firstRow: 0, rows };
  });
  const groups = groupMatrices(weights, matrices);
  const parts: ValueName[] = [];
  let matrix = 0;
  for (const group of groups) {
    const roles = group.matrices.map(({ role }) => role);
    const name = groups.length === 1 ? plan.name : `${plan.name}/${roles.join('+')}`;
    const bias = await readBias(weights, plan.biases?.slice(matrix, matrix + roles.length));
    matrix += roles.length;
    parts.push(addProduct(lowering, plan.input, name, await packGroup(weights, group, scratch), bias));
  }
  if (parts.length > 1) graph.node('Concat', plan.name, parts, { axis: -1 });
  return plan.name;
}

function addProduct(
  lowering: RuntimeLowering,
  input: ValueName,
  name: ValueName,
  packed: PackedMatrix,
  bias: Float32Array<ArrayBuffer> | undefined,
): ValueName {
  if (packed.kind === 'float' || !packed.representation.hasMinima)
    return addMatrixProduct(lowering, input, name, packed, bias);
  const { graph } = lowering;
  const product = addMatrixProduct(lowering, input, `${name}/product`, packed, bias);
  const sums = addBlockSums(graph, input, packed.columns, packed.representation.blockSize);
  return graph.node('Add', name, [product, addMinimaProduct(graph, sums, name, packed)]);
}
