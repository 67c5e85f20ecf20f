import { hasMinima } from '../../../../native/kernels/packedForm.ts';
import type { OffloadedLayer } from './offloadPlan.ts';
import { planCachedExperts, ROUNDED_BYTES } from './planCachedExperts.ts';
import { amountAt, NO_WEIGHTS, type PlannedDispatch } from './plannedDispatch.ts';
import type { PlannedMatrix } from './plannedMatrix.ts';
import type { Planning } from './planning.ts';
import { matrixBytes, matVec, placeOf, tokensOf } from './planProducts.ts';
import type { RoutingPlan } from './planRegions.ts';
import { planRouter, routedPlaces } from './planRouter.ts';
import type { PlannedFeedForward } from './planWeights.ts';

/** A shared expert beside routed ones that are on both sides. */
export interface SharedExpert {
  /** What needs no choice: all of it, or all but the last matrix where `down` is there. */
  readonly beside: readonly PlannedDispatch[];
  /** The last matrix, which a few tokens add together with what the experts gave. */
  readonly down?: PlannedMatrix;
}

/**
 * A layer whose experts are shared out between the CPU and slots on the GPU. What the host does between the stages:
 * `OffloadedExperts`. The shared expert's dispatches come from whoever plans dense layers.
 */
export function planOffloadedExperts(
  planning: Planning,
  routing: RoutingPlan,
  { layer, norm }: { readonly layer: number; readonly norm: number },
  weights: Extract<PlannedFeedForward, { kind: 'offloaded' }>,
  { beside, down }: SharedExpert,
): PlannedDispatch[] {
  const { arena, spec } = planning;
  const feedForward = spec.layers[layer]?.feedForward;
  if (feedForward?.kind !== 'moe') throw new RangeError(`layer ${String(layer)} has no experts`);
  return [
    ...matVec(planning, {
      ...{ layer, matrix: weights.router, input: arena.stream, inputStride: spec.embeddingLength / 4, norm },
      ...{ output: arena.routerLogits, outputStride: Math.ceil(feedForward.experts / 4) },
    }),
    routeAndRound(planning, planRouter(planning, routing, layer, 0), norm, weights.experts),
    ...beside.map((dispatch) => ({ ...dispatch, stage: 'beside' as const })),
    ...planCachedExperts(planning, weights.experts),
    ...(down === undefined
      ? [addExperts(planning, routing, layer)]
      : downAndExperts(planning, routing, layer, down)),
  ];
}

/** The router, and beside it the experts' inputs: the CPU needs the very numbers that slots are multiplied with. */
function routeAndRound(
  { arena, state, spec, tuning }: Planning,
  router: PlannedDispatch,
  norm: number,
  { shape, slots }: OffloadedLayer,
): PlannedDispatch {
  const width = spec.embeddingLength;
  const written = 4 * width + (slots === 0 ? 0 : ROUNDED_BYTES * width);
  const { read: routed, written: chosen } = router.traffic;
  return {
    ...router,
    name: `${router.name}+norm`,
    kernel: 'routeAndRound',
    constants: { ...router.constants, hasSums: hasMinima(shape.gateType) },
    parameters: {
      ...router.parameters,
      ...{ input: arena.stream, norm, normed: arena.normed, rounded: state.roundedOuter },
      ...{ width4: width / 4, isRounded: slots === 0 ? 0 : 1, epsilon: spec.normEpsilon },
    },
    // As the kernel cuts a row: `roundedColumns`.
    workgroups: [tokensOf, 1 + Math.ceil(width / Math.max(128, tuning.workgroupSize)), 1],
    traffic: {
      ...NO_WEIGHTS,
      read: (step) => amountAt(routed, step) + 4 * width * (step.tokens + 1),
      written: (step) => amountAt(chosen, step) + written * step.tokens,
    },
  };
}

/** What the experts gave, wherever each was computed, as the kernels that add it up want it. */
function expertOutputs(
  { arena, state, spec }: Planning,
  routing: RoutingPlan,
  layer: number,
): Pick<PlannedDispatch, 'constants' | 'parameters'> & {
  /** Read for a token and so many columns. */
  readonly bytes: (columns: number) => number;
} {
  const { topK, slots } = routing;
  const width = spec.embeddingLength;
  return {
    constants: { topK, slots },
    parameters: {
      ...{ stream: arena.stream, outputs: arena.gateUp, rows: state.outputRows, width4: width / 4 },
      weights: routedPlaces(state, routing, layer).weights,
    },
    bytes: (columns: number) => 4 * topK * (columns + 2),
  };
}

function addExperts(planning: Planning, routing: RoutingPlan, layer: number): PlannedDispatch {
  const { spec, tuning } = planning;
  const width = spec.embeddingLength;
  const { constants, parameters, bytes } = expertOutputs(planning, routing, layer);
  return {
    ...{ name: `layer.${String(layer)}.experts.sum`, layer, stage: 'sum', kernel: 'addExperts' },
    workgroupSize: tuning.workgroupSize,
    constants,
    parameters,
    workgroups: [tokensOf, 1, 1],
    traffic: {
      ...NO_WEIGHTS,
      read: ({ tokens }) => tokens * (bytes(width) + 4 * width),
      written: ({ tokens }) => 4 * tokens * width,
    },
  };
}

function downAndExperts(
  planning: Planning,
  routing: RoutingPlan,
  layer: number,
  matrix: PlannedMatrix,
): PlannedDispatch[] {
  const { arena, tuning, piecesOf } = planning;
  const { constants, parameters, bytes } = expertOutputs(planning, routing, layer);
  return piecesOf(matrix).map((piece, index) => ({
    ...{ name: `${matrix.name}+experts.sum`, layer, kernel: 'downAndExperts' },
    // The host's work comes before the first piece, and nothing between it and the others.
    ...(index === 0 ? { stage: 'sum' as const } : {}),
    ...{ workgroupSize: tuning.workgroupSize, blocks: matrix.type, shard: piece.shard },
    constants: { ...constants, unitsPerLane: tuning.unitsPerLane },
    parameters: {
      ...{ ...parameters, ...placeOf(piece), blocks: matrix.columns / 32, first4: piece.firstRow / 4 },
      ...{ input: arena.sharedInner, inputStride: matrix.columns / 4 },
    },
    workgroups: [piece.rows / 4, tokensOf, 1],
    traffic: {
      ...{ weights: matrixBytes(matrix, piece.rows), kvRead: 0, kvWritten: 0 },
      read: ({ tokens }) => tokens * (4 * matrix.columns + bytes(piece.rows) + 4 * piece.rows),
      written: ({ tokens }) => 4 * tokens * piece.rows,
    },
  }));
}
