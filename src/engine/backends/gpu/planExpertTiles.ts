import { NO_WEIGHTS, type PlannedDispatch, type Step } from './plannedDispatch.ts';
import type { PlannedMatrix } from './plannedMatrix.ts';
import type { Planning } from './planning.ts';
import { matrixBytes, placeOf, swiGlu, tokensOf } from './planProducts.ts';
import { expertTileTokens, mostTiles } from './planRegions.ts';
import type { GateUpSlice, PlannedGateUp } from './planWeights.ts';

/** A layer's experts, and where the choices of its tokens lie. */
export interface ChosenExperts {
  readonly layer: number;
  /** Those that the router chooses from, and those behind them that all tokens choose. */
  readonly experts: number;
  readonly sharedSlots: number;
  readonly topK: number;
  readonly inner: number;
  readonly gateUp: PlannedGateUp;
  readonly down: PlannedMatrix;
  /** Choices that have a matrix in `down`, the first of a token. */
  readonly summed: number;
  /** Words of the state. */
  readonly choices: (step: Step) => number;
  readonly weights: (step: Step) => number;
}

/**
 * Many tokens' experts, from the normed stream to the stream. An expert reads its matrices once for a tile of the tokens that chose it,
 * instead of once for each. How many tiles there are is known on the GPU alone: as many workgroups start as there can be,
 * and those without a tile end at once.
 */
export function planExpertTiles(planning: Planning, chosen: ChosenExperts): PlannedDispatch[] {
  const { arena, spec } = planning;
  const { gateUp, inner, layer, experts, topK, sharedSlots, summed } = chosen;
  const slots = topK + sharedSlots;
  const [inner4, width4] = [inner / 4, spec.embeddingLength / 4];
  const both = {
    ...{ input: arena.normed, inputStride: width4, choicesOfInput: slots, all: experts + sharedSlots },
    ...{ output: arena.gateUp, outputStride: 2 * inner4 },
  };
  const gateUps = expertSlices(gateUp, inner).flatMap(({ slice, firstExpert }) =>
    slice.kind === 'together'
      ? tiles(planning, chosen, { ...both, firstExpert, matrix: slice.matrix, rows: 2 * inner })
      : [
          ...tiles(planning, chosen, { ...both, firstExpert, matrix: slice.gate, rows: inner }),
          ...tiles(planning, chosen, {
            ...{ ...both, firstExpert, matrix: slice.up, rows: inner, output: arena.gateUp + inner4 },
          }),
        ],
  );
  const silu = swiGlu(planning, layer, `layer.${String(layer)}.experts`, {
    rows: ({ tokens }) => tokens * slots,
    ...{ inner4, output: arena.inner, outputStride: inner4 },
  });
  const downs = tiles(planning, chosen, {
    // The last matrices of shared experts may lie apart.
    ...{
      matrix: chosen.down,
      firstExpert: 0,
      all: experts + summed - topK,
      rows: spec.embeddingLength,
      input: arena.inner,
      inputStride: inner4,
    },
    ...{ choicesOfInput: 1, output: arena.gateUp, outputStride: width4 },
  });
  return [group(planning, chosen), ...gateUps, silu, ...downs, sum(planning, chosen)];
}

/** Slices of gate and up, each with the number of its first expert. */
export function expertSlices(
  gateUp: PlannedGateUp,
  inner: number,
): { readonly slice: GateUpSlice; readonly firstExpert: number }[] {
  let expert = 0;
  return gateUp.map((slice) => {
    const firstExpert = expert;
    expert += slice.kind === 'together' ? slice.matrix.rows / (2 * inner) : slice.gate.rows / inner;
    return { slice, firstExpert };
  });
}

function tileCount({ tuning }: Planning, { experts, topK, sharedSlots }: ChosenExperts) {
  return ({ tokens }: Step): number =>
    mostTiles(tokens * (topK + sharedSlots), experts + sharedSlots, expertTileTokens(tuning));
}

function group(planning: Planning, chosen: ChosenExperts): PlannedDispatch {
  const { state, tuning } = planning;
  const { layer, experts, topK, sharedSlots, choices } = chosen;
  const count = ({ tokens }: Step): number => tokens * (topK + sharedSlots);
  const written = (step: Step): number => 4 * (count(step) + 3 * tileCount(planning, chosen)(step));
  return {
    ...{ name: `layer.${String(layer)}.experts.group`, layer, kernel: 'groupTokens' },
    workgroupSize: tuning.tileSide ** 2,
    constants: { experts: experts + sharedSlots, tileTokens: expertTileTokens(tuning) },
    parameters: {
      ...{ choices, count, sorted: state.sorted, tiles: state.tiles },
      tileCount: tileCount(planning, chosen),
    },
    workgroups: [1, 1, 1],
    traffic: { ...NO_WEIGHTS, read: (step) => 4 * count(step), written },
  };
}

/** One product of each choice with its expert's matrix. Places and strides in vectors of four. */
function tiles(
  planning: Planning,
  chosen: ChosenExperts,
  {
    matrix,
    firstExpert,
    all,
    rows,
    ...places
  }: {
    readonly matrix: PlannedMatrix;
    /** That the matrix has. */
    readonly firstExpert: number;
    /** Experts that have a matrix. */
    readonly all: number;
    /** Of an expert. */
    readonly rows: number;
    readonly input: number;
    readonly inputStride: number;
    readonly choicesOfInput: number;
    readonly output: number;
    readonly outputStride: number;
  },
): PlannedDispatch[] {
  const { state, tuning, piecesOf } = planning;
  const { layer, experts, topK } = chosen;
  const blocks = matrix.columns / 32;
  return piecesOf(matrix).map((piece) => {
    const expertCount = piece.rows / rows;
    const share = expertCount / all;
    const products = ({ tokens }: Step): number => share * tokens * (topK + all - experts);
    return {
      ...{ name: matrix.name, layer, kernel: 'expertTiles', blocks: matrix.type, shard: piece.shard },
      workgroupSize: tuning.tileSide ** 2,
      constants: { side: tuning.tileSide, tokensPerLane: tuning.expertTokensPerLane },
      parameters: {
        ...{ ...places, ...placeOf(piece), blocks, rows, matrixBlocks: rows * blocks },
        ...{ sorted: state.sorted, tiles: state.tiles },
        ...{ firstExpert: firstExpert + piece.firstRow / rows, expertCount },
      },
      workgroups: [Math.ceil(rows / (4 * tuning.tileSide)), tileCount(planning, chosen), 1],
      traffic: {
        ...{ kvRead: 0, kvWritten: 0 },
        weights: ({ tokens }) =>
          share * matrixBytes(matrix, (Math.min(experts, tokens * topK) + all - experts) * rows),
        read: (step) => 4 * matrix.columns * (products(step) / places.choicesOfInput),
        written: (step) => 4 * rows * products(step),
      },
    };
  });
}

function sum({ arena, spec, tuning }: Planning, chosen: ChosenExperts): PlannedDispatch {
  const { layer, topK, sharedSlots, summed, weights } = chosen;
  const width = spec.embeddingLength;
  return {
    ...{ name: `layer.${String(layer)}.experts.sum`, layer, kernel: 'expertSum' },
    workgroupSize: tuning.workgroupSize,
    constants: { slots: topK + sharedSlots, summed },
    parameters: { products: arena.gateUp, output: arena.stream, weights, width4: width / 4 },
    workgroups: [tokensOf, 1, 1],
    traffic: {
      ...NO_WEIGHTS,
      read: ({ tokens }) => 4 * tokens * (summed * width + width + summed),
      written: ({ tokens }) => 4 * tokens * width,
    },
  };
}
