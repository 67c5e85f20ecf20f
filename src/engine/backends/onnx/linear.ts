import type { TensorRole, WeightSource } from '../../../models/weights.ts';
import type { GraphBuilder, ValueName } from './graphBuilder.ts';
import type { PackedBlocks, PackedFloats } from './packMatrix.ts';
import { groupMatrices, packGroup, readVector } from './packMatrix.ts';
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
  const groups = groupMatrices(lowering.weights, plan.matrices);
  const parts: ValueName[] = [];
  let matrix = 0;
  for (const group of groups) {
    const name = groups.length === 1 ? plan.name : `${plan.name}/${group.roles.join('+')}`;
    const bias = await readBias(lowering.weights, plan.biases?.slice(matrix, matrix + group.roles.length));
    matrix += group.roles.length;
    const packed = await packGroup(lowering.weights, group, lowering.scratch);
    parts.push(
      packed.kind === 'float'
        ? addFloatProduct(lowering, plan.input, name, packed, bias)
        : addBlockProduct(lowering, plan.input, name, packed, bias),
    );
  }
  if (parts.length > 1) lowering.graph.node('Concat', plan.name, parts, { axis: -1 });
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

function addFloatProduct(
  { graph }: Lowering,
  input: ValueName,
  name: ValueName,
  { rows, columns, values }: PackedFloats,
  bias: Float32Array<ArrayBuffer> | undefined,
): ValueName {
  const weight = graph.weight(`${name}.weight`, values, [rows, columns]);
  const product = bias === undefined ? name : `${name}/product`;
  graph.node('com.microsoft.FusedMatMul', product, [input, weight], { transB: 1 });
  if (bias === undefined) return name;
  return graph.node('Add', name, [product, graph.weight(`${name}.bias`, bias, [rows])]);
}

function addBlockProduct(
  { graph, accuracyLevel }: Lowering,
  input: ValueName,
  name: ValueName,
  packed: PackedBlocks,
  bias: Float32Array<ArrayBuffer> | undefined,
): ValueName {
  const { rows, columns, codes, scales, minima, zeroPoints } = packed;
  const { bits, blockSize, hasMinima } = packed.representation;
  const blocks = columns / blockSize;
  const inputs = [
    input,
    graph.weight(`${name}.codes`, codes, [rows, blocks, (blockSize * bits) / 8]),
    graph.weight(`${name}.scales`, scales, [rows * blocks]),
  ];
  // Input 3, where left out, is the middle of the codes; input 4 (column order) is not used.
  const bytesOfZeroPoints = zeroPoints.length / rows;
  const zeroPointInput =
    bytesOfZeroPoints > 0 ? graph.weight(`${name}.zeroPoints`, zeroPoints, [rows, bytesOfZeroPoints]) : '';
  if (bias !== undefined) inputs.push(zeroPointInput, '', graph.weight(`${name}.bias`, bias, [rows]));
  else if (zeroPointInput !== '') inputs.push(zeroPointInput);
  const product = hasMinima ? `${name}/product` : name;
  graph.node('com.microsoft.MatMulNBits', product, inputs, {
    K: columns,
    N: rows,
    bits,
    block_size: blockSize,
    accuracy_level: accuracyLevel,
  });
  if (!hasMinima) return name;
  // sum_k x[k] * minimum[block of k] = sum over blocks of (sum of x in the block) * minimum[block]
  const sums = addBlockSums(graph, input, blocks, blockSize);
  const minimum = graph.weight(`${name}.minima`, minima, [rows, blocks]);
  graph.node('com.microsoft.FusedMatMul', `${name}/minima`, [sums, minimum], { transB: 1 });
  return graph.node('Add', name, [product, `${name}/minima`]);
}

/** `[1, tokens, columns]` -> `[1, tokens, blocks]`, once for all products of this input. */
function addBlockSums(graph: GraphBuilder, input: ValueName, blocks: number, blockSize: number): ValueName {
  const name = `${input}/sums${blockSize}`;
  return graph.once(name, () => {
    const blocked = graph.node('Reshape', `${name}/blocks`, [
      input,
      graph.int64s([1, -1, blocks, blockSize]),
    ]);
    graph.node('ReduceSum', name, [blocked, graph.int64s([-1])], { keepdims: 0 });
  });
}
