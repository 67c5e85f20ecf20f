import { planeSizes, type BlockType } from '../../../../native/kernels/blockType.ts';
import type { ShardPiece } from '../../../../native/webgpu/planShards.ts';
import type { PlannedMatrix } from './plannedMatrix.ts';
import { NO_WEIGHTS, type PlannedDispatch, type Step } from './plannedDispatch.ts';
import type { Planning } from './planning.ts';

/** A product with a matrix, and what is folded into it. Places and strides in vectors of four. */
export interface Product {
  readonly layer?: number;
  readonly matrix: PlannedMatrix;
  readonly input: number;
  readonly inputStride: number;
  readonly output: number;
  readonly outputStride: number;
  /** RMSNorm of the input: where its scale lies. */
  readonly norm?: number;
  readonly bias?: number;
  /** The output is added to what it holds. */
  readonly isAdded?: boolean;
  /** Of matrices that lie side by side, each with inputs of its own. */
  readonly heads?: {
    readonly count: number;
    readonly inputStride: number;
    readonly outputStride: number;
  };
}

/** Bytes of some rows of a matrix on the GPU. */
export function matrixBytes({ type, columns }: PlannedMatrix, rows: number): number {
  const { quants, scales, high } = planeSizes(type);
  return ((rows * columns) / 256) * (quants + scales + high) * 4;
}

/** Where a piece's planes begin, as kernels' parameters want it. */
export function placeOf({ quants, scales, high }: ShardPiece): PlanePlace {
  return { quants, scales, high };
}

export interface PlanePlace {
  /** In vectors of 16 bytes. */
  readonly quants: number;
  /** In words. */
  readonly scales: number;
  readonly high: number;
}

/** A place behind so many weights of a type. */
export function placeBehind(
  { quants, scales, high }: PlanePlace,
  type: BlockType,
  weights: number,
): PlanePlace {
  const sizes = planeSizes(type);
  return {
    quants: quants + ((weights / 256) * sizes.quants) / 4,
    scales: scales + (weights / 256) * sizes.scales,
    high: high + (weights / 256) * sizes.high,
  };
}

/** As kernels that read two matrices call the second's. */
export function asSecond({ quants, scales, high }: PlanePlace): {
  readonly secondQuants: number;
  readonly secondScales: number;
  readonly secondHigh: number;
} {
  return { secondQuants: quants, secondScales: scales, secondHigh: high };
}

/** Tokens one by one: a row of workgroups for each. */
export function matVec(planning: Planning, product: Product, tokens = tokensOf): PlannedDispatch[] {
  const { spec, tuning, piecesOf } = planning;
  const { matrix, norm, bias, isAdded = false, heads, layer } = product;
  const headCount = heads?.count ?? 1;
  const blocks = matrix.columns / 32;
  return piecesOf(matrix).map((piece) => {
    const rows = piece.rows / headCount;
    const output = product.output + piece.firstRow / 4;
    const written = (step: Step): number => 4 * piece.rows * tokens(step);
    return {
      name: matrix.name,
      ...(layer === undefined ? {} : { layer }),
      kernel: 'matVec',
      workgroupSize: tuning.workgroupSize,
      blocks: matrix.type,
      constants: {
        unitsPerLane: tuning.unitsPerLane,
        hasNorm: norm !== undefined,
        hasBias: bias !== undefined,
        hasResidual: isAdded,
      },
      shard: piece.shard,
      parameters: {
        input: product.input,
        inputStride: product.inputStride,
        inputMatrixStride: heads?.inputStride ?? 0,
        output,
        outputStride: product.outputStride,
        outputMatrixStride: heads?.outputStride ?? 0,
        residual: output,
        ...placeOf(piece),
        blocks,
        rows,
        matrixBlocks: rows * blocks,
        norm: norm ?? 0,
        bias: bias === undefined ? 0 : bias + piece.firstRow / 4,
        epsilon: spec.normEpsilon,
      },
      workgroups: [Math.ceil(rows / 4), tokens, headCount],
      traffic: {
        weights: matrixBytes(matrix, piece.rows),
        kvRead: 0,
        kvWritten: 0,
        read: (step) =>
          4 * matrix.columns * (headCount * tokens(step) + (norm === undefined ? 0 : 1)) +
          (bias === undefined ? 0 : 4 * piece.rows) +
          (isAdded ? written(step) : 0),
        written,
      },
    };
  });
}

/**
 * Two matrices of different types through the same normed input, one behind the other in the output, for a few tokens: one dispatch.
 * Undefined where they do not lie in one shard, whole: a dispatch reads of one.
 */
export function matVecPair(
  { spec, tuning, piecesOf }: Planning,
  [first, second]: readonly [PlannedMatrix, PlannedMatrix],
  product: Omit<Product, 'matrix' | 'heads' | 'isAdded'> & { readonly norm: number },
): PlannedDispatch | undefined {
  const [[piece, ...rest], [other, ...otherRest]] = [piecesOf(first), piecesOf(second)];
  if (piece === undefined || other === undefined || piece.shard !== other.shard) return undefined;
  if (rest.length > 0 || otherRest.length > 0 || first.rows % 4 !== 0 || second.rows % 4 !== 0)
    return undefined;
  const { layer, norm, bias, input, inputStride, output, outputStride } = product;
  const rows = first.rows + second.rows;
  return {
    name: `${first.name}+${second.name.slice(second.name.lastIndexOf('.') + 1)}`,
    ...(layer === undefined ? {} : { layer }),
    kernel: 'matVecPair',
    workgroupSize: tuning.workgroupSize,
    blocks: first.type,
    secondBlocks: second.type,
    constants: { unitsPerLane: tuning.unitsPerLane, hasBias: bias !== undefined },
    shard: piece.shard,
    parameters: {
      ...{ input, inputStride, output, outputStride, ...placeOf(piece) },
      ...asSecond(placeOf(other)),
      ...{ blocks: first.columns / 32, rows: first.rows, norm, bias: bias ?? 0 },
      epsilon: spec.normEpsilon,
    },
    workgroups: [rows / 4, tokensOf, 1],
    traffic: {
      weights: matrixBytes(first, first.rows) + matrixBytes(second, second.rows),
      kvRead: 0,
      kvWritten: 0,
      read: ({ tokens }) => 4 * first.columns * (tokens + 1) + (bias === undefined ? 0 : 4 * rows),
      written: ({ tokens }) => 4 * tokens * rows,
    },
  };
}

/** Many tokens, in tiles. Norms are dispatches of their own. */
export function matMat(
  { tuning, piecesOf }: Planning,
  { matrix, bias, isAdded = false, layer, ...product }: Omit<Product, 'norm' | 'heads'>,
): PlannedDispatch[] {
  const tile = 4 * tuning.tileSide;
  return piecesOf(matrix).map((piece) => {
    const output = product.output + piece.firstRow / 4;
    const written = ({ tokens }: Step): number => 4 * piece.rows * tokens;
    return {
      name: matrix.name,
      ...(layer === undefined ? {} : { layer }),
      kernel: 'matMat',
      workgroupSize: tuning.tileSide ** 2,
      blocks: matrix.type,
      constants: { side: tuning.tileSide, hasBias: bias !== undefined, hasResidual: isAdded },
      shard: piece.shard,
      parameters: {
        input: product.input,
        inputStride: product.inputStride,
        output,
        outputStride: product.outputStride,
        residual: output,
        ...placeOf(piece),
        blocks: matrix.columns / 32,
        rows: piece.rows,
        tokens: tokensOf,
        bias: bias === undefined ? 0 : bias + piece.firstRow / 4,
      },
      workgroups: [Math.ceil(piece.rows / tile), ({ tokens }) => Math.ceil(tokens / tile), 1],
      traffic: {
        weights: matrixBytes(matrix, piece.rows),
        kvRead: 0,
        kvWritten: 0,
        read: (step) =>
          4 * matrix.columns * step.tokens +
          (bias === undefined ? 0 : 4 * piece.rows) +
          (isAdded ? written(step) : 0),
        written,
      },
    };
  });
}

/** `[tokens, length]`, normed, `[tokens, length]` without gaps. */
export function rmsNorm(
  { spec, tuning }: Planning,
  {
    length,
    ...places
  }: {
    readonly name: string;
    readonly layer?: number;
    readonly input: number;
    readonly inputStride: number;
    readonly output: number;
    readonly norm: number;
    readonly length: number;
  },
): PlannedDispatch {
  const { name, layer, ...parameters } = places;
  return {
    name,
    ...(layer === undefined ? {} : { layer }),
    kernel: 'rmsNorm',
    workgroupSize: tuning.workgroupSize,
    constants: { hasResidual: false },
    parameters: { ...parameters, residual: 0, sum: 0, width4: length / 4, epsilon: spec.normEpsilon },
    workgroups: [tokensOf, 1, 1],
    traffic: {
      weights: 0,
      kvRead: 0,
      kvWritten: 0,
      read: ({ tokens }) => 4 * length * (tokens + 1),
      written: ({ tokens }) => 4 * length * tokens,
    },
  };
}

export function tokensOf({ tokens }: Step): number {
  return tokens;
}

/** `[rows, gate | up]`, which products left in `gateUp`, to `[rows, inner]`. @param places in vectors of four */
export function swiGlu(
  { arena, tuning }: Planning,
  layer: number,
  name: string,
  places: {
    readonly rows: (step: Step) => number;
    readonly inner4: number;
    readonly output: number;
    readonly outputStride: number;
  },
): PlannedDispatch {
  const { rows, inner4, ...output } = places;
  const written = (step: Step): number => 16 * inner4 * rows(step);
  return {
    name: `${name}.silu`,
    layer,
    kernel: 'swiGlu',
    workgroupSize: tuning.workgroupSize,
    constants: {},
    parameters: { input: arena.gateUp, ...output, width4: inner4 },
    workgroups: [rows, 1, 1],
    traffic: { ...NO_WEIGHTS, read: (step) => 2 * written(step), written },
  };
}
