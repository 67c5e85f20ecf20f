import type { ValueName } from './graphBuilder.ts';
import type { PackedBlocks, PackedFloats, PackedMatrix } from './packMatrix.ts';
import type { RuntimeLowering } from './runtimeLowering.ts';

/** `input · matrixᵀ (+ bias)`, without the matrix's minima: `addMinimaProduct` is what they add. */
export function addMatrixProduct(
  lowering: RuntimeLowering,
  input: ValueName,
  name: ValueName,
  packed: PackedMatrix,
  bias?: Float32Array<ArrayBuffer>,
): ValueName {
  return packed.kind === 'float'
    ? addFloatProduct(lowering, input, name, packed, bias)
    : addBlockProduct(lowering, input, name, packed, bias);
}

function addFloatProduct(
  { graph }: RuntimeLowering,
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
  { graph, accuracyLevel }: RuntimeLowering,
  input: ValueName,
  name: ValueName,
  { rows, columns, codes, scales, zeroPoints, representation }: PackedBlocks,
  bias: Float32Array<ArrayBuffer> | undefined,
): ValueName {
  const { bits, blockSize } = representation;
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
  return graph.node('com.microsoft.MatMulNBits', name, inputs, {
    K: columns,
    N: rows,
    bits,
    block_size: blockSize,
    accuracy_level: accuracyLevel,
  });
}
