import type { TensorRole, WeightSource } from '../../../models/weights.ts';
import { addBlockSums } from './blockSums.ts';
import type { GraphBuilder, ValueName } from './graphBuilder.ts';
import { addMatrixProduct } from './matrixProduct.ts';
import { addMinimaProduct } from './minimaProduct.ts';
import type { PackedMatrix } from './packMatrix.ts';
import { groupMatrices, packGroup, readVector } from './packMatrix.ts';
import { matrixShape, requireTensor } from './requireTensor.ts';
import type { ScratchLease } from './scratch.ts';

/**
 * `MatMulNBits`' accuracy level: 4 multiplies int8 activations (quantized per block as it runs), 0 floats. 4 is much
 * the faster one; 0 is for tests that compare a graph with its reference to rounding.
 */
export type AccuracyLevel = 0 | 4;

/** What every part of a graph under construction needs. */
export interface Lowering {
  readonly graph: GraphBuilder;
  readonly weights: WeightSource;
  readonly accuracyLevel: AccuracyLevel;
  /** For matrices until the session is made. */
  readonly scratch: ScratchLease;
}

/** Products of one input with several matrices of the file. */
export interface LinearPlan {
  /** `[.., columns]` */
  readonly input: ValueName;
  /** Names the output and prefixes everything on the way. */
  readonly name: ValueName;
  /** Matrices `[rows, columns]`; the output is `[.., sum of rows]`, in this order. */
  readonly matrices: readonly TensorRole[];
  /** A bias for each matrix. */
  readonly biases?: readonly TensorRole[];
}

/**
 * `input · matrixᵀ (+ bias)`. Matrices of one representation are one product; where they differ the products are
 * concatenated, which costs a copy of the outputs and no precision.
 */
export async function addLinear(lowering: Lowering, plan: LinearPlan): Promise<ValueName> {
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

async function readBias(
  weights: WeightSource,
  roles: readonly TensorRole[] | undefined,
): Promise<Float32Array<ArrayBuffer> | undefined> {
  if (roles === undefined || roles.length === 0) return undefined;
  const vectors = await Promise.all(roles.map((role) => readVector(weights, role)));
  return Float32Array.from(vectors.flatMap((vector) => [...vector]));
}

function addProduct(
  lowering: Lowering,
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
