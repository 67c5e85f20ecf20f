import { rowBytes } from '../../../models/quantization/blockLayout.ts';
import { dequantize } from '../../../models/quantization/dequantize.ts';
import type { TensorRole, WeightSource } from '../../../models/weights.ts';
import { centreCodes, zeroPointBytes } from './centreCodes.ts';
import type { BlockRepresentation, Representation } from './representation.ts';
import { isSameRepresentation, representationOf } from './representation.ts';
import { requireTensor } from './requireTensor.ts';
import type { ScratchLease } from './scratch.ts';
import type { UnpackedBlocks } from './unpackBlocks.ts';
import { isBlockType, unpackerOf } from './unpackBlocks.ts';

/** One matrix for the graph: `[rows, columns]`, several of the file's matrices row under row. */
export type PackedMatrix = PackedFloats | PackedBlocks;

export interface PackedFloats {
  readonly kind: 'float';
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array<ArrayBuffer>;
}

export interface PackedBlocks extends UnpackedBlocks {
  readonly kind: 'blocks';
  readonly representation: BlockRepresentation;
  /** `[rows, bytes]` of 4-bit codes with minima, see `centreCodes`; else empty: the middle of the codes. */
  readonly zeroPoints: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  readonly columns: number;
}

/** Some of a tensor's rows, taken as a matrix of their own: all of a matrix, or one of a stack of them. */
export interface MatrixRows {
  readonly role: TensorRole;
  /** Counted through a whole stack. */
  readonly firstRow: number;
  readonly rows: number;
}

/** Matrices whose rows lie in one product, and what that looks like. */
export interface MatrixGroup {
  readonly matrices: readonly MatrixRows[];
  readonly representation: Representation;
  readonly rows: number;
  readonly columns: number;
}

/** File bytes that are read and unpacked at once. */
const SLICE_BYTES = 4 << 20;

/** `matrices` in their order, cut where the representation changes: as few products as can be. */
export function groupMatrices(weights: WeightSource, matrices: readonly MatrixRows[]): MatrixGroup[] {
  const groups: MatrixGroup[] = [];
  for (const matrix of matrices) {
    const { type, shape } = requireTensor(weights, matrix.role);
    const representation = representationOf(type);
    const last = groups.at(-1);
    if (last !== undefined && isSameRepresentation(last.representation, representation)) {
      groups[groups.length - 1] = {
        ...last,
        matrices: [...last.matrices, matrix],
        rows: last.rows + matrix.rows,
      };
    } else {
      groups.push({ matrices: [matrix], representation, rows: matrix.rows, columns: shape.at(-1) ?? 0 });
    }
  }
  return groups;
}

/** Reads a group's matrices slice by slice and lays them out for the graph, in memory of `scratch`. */
export async function packGroup(
  weights: WeightSource,
  group: MatrixGroup,
  scratch: ScratchLease,
): Promise<PackedMatrix> {
  const { rows, columns, representation } = group;
  const weightCount = rows * columns;
  if (representation.kind === 'float') {
    const values = scratch.floats(weightCount);
    await eachSlice(weights, group, (role, bytes, firstWeight) => {
      values.set(dequantize(requireTensor(weights, role).type, bytes), firstWeight);
    });
    return { kind: 'float', rows, columns, values };
  }
  const { bits, blockSize, hasMinima } = representation;
  const blocks = weightCount / blockSize;
  const blocksPerRow = columns / blockSize;
  const rowOfZeroPoints = hasMinima && bits === 4 ? zeroPointBytes(blocksPerRow) : 0;
  const packed: PackedBlocks = {
    kind: 'blocks',
    representation,
    rows,
    columns,
    codes: scratch.bytes((weightCount * bits) / 8),
    scales: scratch.floats(blocks),
    minima: scratch.floats(hasMinima ? blocks : 0),
    zeroPoints: scratch.bytes(rows * rowOfZeroPoints),
  };
  await eachSlice(weights, group, (role, bytes, firstWeight) => {
    const { type } = requireTensor(weights, role);
    if (!isBlockType(type)) return;
    const firstBlock = firstWeight / blockSize;
    const sliceRows = bytes.length / rowBytes(type, columns);
    const slice = {
      codes: packed.codes.subarray((firstWeight * bits) / 8),
      scales: packed.scales.subarray(firstBlock, firstBlock + sliceRows * blocksPerRow),
      minima: packed.minima.subarray(firstBlock),
    };
    unpackerOf(type)(bytes, slice);
    if (!hasMinima) return;
    const firstRow = firstWeight / columns;
    const zeroPoints = packed.zeroPoints.subarray(
      firstRow * rowOfZeroPoints,
      (firstRow + sliceRows) * rowOfZeroPoints,
    );
    centreCodes(slice, zeroPoints, representation, blocksPerRow);
  });
  return packed;
}

/** Calls `use` with slices of whole rows, in order; `firstWeight` counts over the whole group. */
async function eachSlice(
  weights: WeightSource,
  group: MatrixGroup,
  use: (role: TensorRole, bytes: Uint8Array, firstWeight: number) => void,
): Promise<void> {
  let groupRow = 0;
  for (const { role, firstRow, rows } of group.matrices) {
    const bytesOfRow = rowBytes(requireTensor(weights, role).type, group.columns);
    const rowsAtOnce = Math.max(1, Math.floor(SLICE_BYTES / bytesOfRow));
    for (let row = 0; row < rows; row += rowsAtOnce) {
      const bytes = await weights.readRows(role, firstRow + row, Math.min(rowsAtOnce, rows - row));
      use(role, bytes, (groupRow + row) * group.columns);
    }
    groupRow += rows;
  }
}

/** A vector of the file (a norm, a bias) as floats. */
export async function readVector(
  weights: WeightSource,
  role: TensorRole,
): Promise<Float32Array<ArrayBuffer>> {
  return Float32Array.from(dequantize(requireTensor(weights, role).type, await weights.read(role)));
}
