import { PANEL_ROWS, type CpuLibrary, type PackedMatrix, type PackedType } from '../../native/cpu/library.ts';

/** A matrix of a file's bytes, packed whole. */
export function packedMatrix(
  library: CpuLibrary,
  type: PackedType,
  [rows, columns]: readonly [rows: number, columns: number],
  source: Uint8Array,
): PackedMatrix {
  const packed = library.alignedBytes(library.packedBytes(type, rows, columns));
  const matrix = { type, rows, columns, packed };
  library.pack(source, matrix, { first: 0, end: rows });
  return matrix;
}

/** The product of all rows with all tokens: `[tokens, rows]`. */
export function packedProduct(
  library: CpuLibrary,
  matrix: PackedMatrix,
  x: Float32Array,
): Float32Array<ArrayBuffer> {
  const { rows, columns } = matrix;
  const tokens = x.length / columns;
  const data = library.alignedBytes(library.inputsBytes(tokens, columns));
  library.prepareInputs({ x, stride: columns, tokens, columns }, data, { first: 0, end: tokens });
  const y = new Float32Array(tokens * rows).fill(NaN);
  const panels = { first: 0, end: Math.ceil(rows / PANEL_ROWS) };
  library.product(matrix, { tokens, columns, data }, panels, { y, stride: rows });
  return y;
}
