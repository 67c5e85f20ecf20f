import type { BlockType } from '../../../../native/kernels/blockType.ts';
import type { PlannedMatrix } from './plannedMatrix.ts';
import type { Planning } from './planning.ts';
import { asSecond, matrixBytes, placeBehind, placeOf, type PlanePlace } from './planProducts.ts';
import type { GateUpSlice } from './planWeights.ts';

/** Gate and up, of one expert or of several, as one dispatch reads them. */
export interface PlacedGateUp {
  readonly name: string;
  readonly blocks: BlockType;
  readonly secondBlocks: BlockType;
  readonly shard: number;
  readonly places: PlanePlace & ReturnType<typeof asSecond>;
  /** Of the slice. */
  readonly firstExpert: number;
  readonly experts: number;
  /** Between experts, of 32 weights. */
  readonly matrixBlocks: number;
  /** Of both, of one expert. */
  readonly expertBytes: number;
}

/** @param rows of gate, of one expert (of a dense layer: of the slice) */
export function placeGateUp(
  { piecesOf }: Pick<Planning, 'piecesOf'>,
  slice: GateUpSlice,
  rows: number,
): PlacedGateUp[] {
  if (slice.kind === 'together') {
    const { matrix } = slice;
    return piecesOf(matrix).map((piece) => {
      const place = placeOf(piece);
      return {
        ...{ name: matrix.name, blocks: matrix.type, secondBlocks: matrix.type, shard: piece.shard },
        places: { ...place, ...asSecond(placeBehind(place, matrix.type, rows * matrix.columns)) },
        ...{ firstExpert: piece.firstRow / (2 * rows), experts: piece.rows / (2 * rows) },
        matrixBlocks: 2 * rows * (matrix.columns / 32),
        expertBytes: matrixBytes(matrix, 2 * rows),
      };
    });
  }
  const { gate, up } = slice;
  const [first, second] = [wholeOf(piecesOf, gate), wholeOf(piecesOf, up)];
  if (first.shard !== second.shard) throw new RangeError(`${gate.name} and ${up.name} lie in two shards`);
  return [
    {
      name: `${gate.name}+${up.name.slice(up.name.lastIndexOf('.') + 1)}`,
      ...{ blocks: gate.type, secondBlocks: up.type, shard: first.shard },
      places: { ...placeOf(first), ...asSecond(placeOf(second)) },
      ...{ firstExpert: 0, experts: gate.rows / rows },
      matrixBlocks: rows * (gate.columns / 32),
      expertBytes: matrixBytes(gate, rows) + matrixBytes(up, rows),
    },
  ];
}

/** Slices of two types are made so that a shard holds both. */
function wholeOf(
  piecesOf: Planning['piecesOf'],
  matrix: PlannedMatrix,
): ReturnType<Planning['piecesOf']>[number] {
  const [piece, ...rest] = piecesOf(matrix);
  if (piece === undefined || rest.length > 0) throw new RangeError(`${matrix.name} is in pieces`);
  return piece;
}
