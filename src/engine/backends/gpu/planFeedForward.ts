import { planExpertTiles, type ChosenExperts } from './planExpertTiles.ts';
import { planOffloadedExperts } from './planOffloadedExperts.ts';
import type { PlannedDispatch, Step } from './plannedDispatch.ts';
import type { PlannedMatrix } from './plannedMatrix.ts';
import type { Planning } from './planning.ts';
import { matMat, matrixBytes, matVec, placeOf, rmsNorm, swiGlu, tokensOf } from './planProducts.ts';
import type { RoutingPlan } from './planRegions.ts';
import { planRouter, routedPlaces } from './planRouter.ts';
import type { PlannedFeedForward, PlannedLayer, PlannedSwiGlu } from './planWeights.ts';

/** From the residual stream to the residual stream. */
export function planFeedForward(
  planning: Planning,
  routing: RoutingPlan,
  layer: number,
  { feedForward }: PlannedLayer,
): PlannedDispatch[] {
  const norm = planning.vectors.at(`layer.${layer}.feedForward.norm`);
  switch (feedForward.kind) {
    case 'dense':
      return [
        ...normOfStream(planning, layer, norm),
        ...gateUps(planning, layer, feedForward, { norm, output: planning.arena.inner }),
        ...down(planning, layer, feedForward.down, planning.arena.inner, feedForward.down.columns / 4),
      ];
    case 'moe':
      return planExperts(planning, routing, layer, feedForward, norm);
    case 'offloaded':
      return planOffloadedExperts(
        planning,
        routing,
        { layer, norm },
        feedForward,
        sharedExpert(planning, layer, feedForward, norm),
      );
  }
}

/** Many tokens find the norm where the experts' inputs are. */
function sharedExpert(
  planning: Planning,
  layer: number,
  { shared }: Extract<PlannedFeedForward, { kind: 'offloaded' }>,
  norm: number,
): PlannedDispatch[] {
  const { sharedInner } = planning.arena;
  if (shared === undefined) return [];
  return [
    ...gateUps(planning, layer, shared, { norm, output: sharedInner }),
    ...down(planning, layer, shared.down, sharedInner, shared.down.columns / 4),
  ];
}

/** Products of many tokens do not take the norm with them. */
function normOfStream(planning: Planning, layer: number, norm: number): PlannedDispatch[] {
  const { kind, arena, spec } = planning;
  if (kind === 'few') return [];
  return [
    rmsNorm(planning, {
      ...{ name: `layer.${String(layer)}.feedForward.norm`, layer, input: arena.stream, norm },
      ...{ inputStride: spec.embeddingLength / 4, output: arena.normed, length: spec.embeddingLength },
    }),
  ];
}

function gateUps(
  planning: Planning,
  layer: number,
  { gateUp, down: { columns } }: PlannedSwiGlu,
  { norm, output }: { readonly norm: number; readonly output: number },
): PlannedDispatch[] {
  const { arena, spec } = planning;
  const width4 = spec.embeddingLength / 4;
  const inner4 = columns / 4;
  if (gateUp.kind === 'together') {
    let row4 = 0;
    return gateUp.matrices.flatMap((matrix) => {
      const slice = { norm, output: output + row4, outputStride: inner4 };
      row4 += matrix.rows / 8;
      return gateUpSlice(planning, layer, matrix, slice);
    });
  }
  const { gate, up } = gateUp;
  if (planning.kind === 'few') {
    const few = { layer, input: arena.stream, inputStride: width4, norm, output, outputStride: inner4 };
    return [
      ...matVec(planning, { ...few, matrix: gate }),
      ...matVec(planning, { ...few, matrix: up, isGated: true }),
    ];
  }
  const many = { layer, input: arena.normed, inputStride: width4, outputStride: 2 * inner4 };
  return [
    ...matMat(planning, { ...many, matrix: gate, output: arena.gateUp }),
    ...matMat(planning, { ...many, matrix: up, output: arena.gateUp + inner4 }),
    swiGlu(planning, layer, up.name, { rows: tokensOf, inner4, output, outputStride: inner4 }),
  ];
}

/** Some inner rows of gate and up, in one product. */
function gateUpSlice(
  planning: Planning,
  layer: number,
  matrix: PlannedMatrix,
  {
    norm,
    output,
    outputStride,
  }: { readonly norm: number; readonly output: number; readonly outputStride: number },
): PlannedDispatch[] {
  const { kind, arena, spec, tuning, piecesOf } = planning;
  const width4 = spec.embeddingLength / 4;
  const inner4 = matrix.rows / 8;
  if (kind === 'chunk')
    return [
      ...matMat(planning, {
        ...{ layer, matrix, input: arena.normed, inputStride: width4 },
        ...{ output: arena.gateUp, outputStride: matrix.rows / 4 },
      }),
      swiGlu(planning, layer, matrix.name, { rows: tokensOf, inner4, output, outputStride }),
    ];
  return piecesOf(matrix).map((piece): PlannedDispatch => ({
    name: matrix.name,
    layer,
    kernel: 'gateUp',
    workgroupSize: tuning.workgroupSize,
    blocks: matrix.type,
    constants: { unitsPerLane: tuning.unitsPerLane, hasNorm: true },
    shard: piece.shard,
    parameters: {
      ...{ input: arena.stream, inputStride: width4, output, outputStride },
      ...placeOf(piece),
      ...{ blocks: matrix.columns / 32, upBlocks: (matrix.rows / 2) * (matrix.columns / 32) },
      ...{ norm, epsilon: spec.normEpsilon },
    },
    workgroups: [inner4, tokensOf, 1],
    traffic: {
      ...{ weights: matrixBytes(matrix, piece.rows), kvRead: 0, kvWritten: 0 },
      read: ({ tokens }) => 4 * matrix.columns * (tokens + 1),
      written: ({ tokens }) => 16 * inner4 * tokens,
    },
  }));
}

function down(
  planning: Planning,
  layer: number,
  matrix: PlannedMatrix,
  input: number,
  inputStride: number,
): PlannedDispatch[] {
  const { kind, arena, spec } = planning;
  const product = {
    ...{ layer, matrix, input, inputStride, isAdded: true },
    ...{ output: arena.stream, outputStride: spec.embeddingLength / 4 },
  };
  return kind === 'chunk' ? matMat(planning, product) : matVec(planning, product);
}

function planExperts(
  planning: Planning,
  routing: RoutingPlan,
  layer: number,
  weights: Extract<PlannedFeedForward, { kind: 'moe' }>,
  norm: number,
): PlannedDispatch[] {
  const { arena, state, spec } = planning;
  const feedForward = spec.layers[layer]?.feedForward;
  if (feedForward?.kind !== 'moe') throw new RangeError(`layer ${String(layer)} has no experts`);
  const { experts, topK } = feedForward;
  const { gateUp, sharedSlots, isSharedDownFused, shared, sharedDown } = weights;
  const slots = topK + sharedSlots;
  const inner = feedForward.expertInnerLength;
  const width = spec.embeddingLength;
  const width4 = width / 4;

  const logits = matVec(planning, {
    ...{ layer, matrix: weights.router, input: arena.stream, inputStride: width4, norm },
    ...{ output: arena.routerLogits, outputStride: Math.ceil(experts / 4) },
  });
  const router = planRouter(planning, routing, layer, sharedSlots);
  const chosen: ChosenExperts = {
    ...{ layer, experts, sharedSlots, topK, inner, gateUp, down: weights.down },
    ...routedPlaces(state, routing, layer),
    summed: topK + (isSharedDownFused ? sharedSlots : 0),
  };
  // A shared expert reads the stream before the others are added to it.
  const sharedGateUp =
    shared === undefined ? [] : gateUps(planning, layer, shared, { norm, output: arena.sharedInner });
  const sharedDowns = [
    ...(shared === undefined
      ? []
      : down(planning, layer, shared.down, arena.sharedInner, shared.down.columns / 4)),
    ...(sharedDown === undefined
      ? []
      : down(planning, layer, sharedDown, arena.inner + (topK * inner) / 4, (slots * inner) / 4)),
  ];
  const before = [...logits, router, ...normOfStream(planning, layer, norm), ...sharedGateUp];
  return planning.kind === 'chunk'
    ? [...before, ...planExpertTiles(planning, chosen), ...sharedDowns]
    : [...before, ...expertGateUps(planning, chosen, norm), ...expertDowns(planning, chosen), ...sharedDowns];
}

/** Of a few tokens, choice by choice. */
function expertGateUps(planning: Planning, chosen: ChosenExperts, norm: number): PlannedDispatch[] {
  const { gateUp } = chosen;
  if (gateUp.kind === 'together')
    return gateUp.matrices.flatMap((matrix) =>
      expertGateUp(planning, chosen, norm, matrix, { hasGate: true, hasUp: true }),
    );
  return [
    ...expertGateUp(planning, chosen, norm, gateUp.gate, { hasGate: true, hasUp: false }),
    ...expertGateUp(planning, chosen, norm, gateUp.up, { hasGate: false, hasUp: true }),
  ];
}

function expertGateUp(
  { arena, spec, tuning, piecesOf }: Planning,
  { layer, experts, sharedSlots, topK, inner, choices }: ChosenExperts,
  norm: number,
  matrix: PlannedMatrix,
  parts: { readonly hasGate: boolean; readonly hasUp: boolean },
): PlannedDispatch[] {
  const width = spec.embeddingLength;
  const slots = topK + sharedSlots;
  const rows = (Number(parts.hasGate) + Number(parts.hasUp)) * inner;
  const matrixBlocks = (rows * width) / 32;
  return piecesOf(matrix).map((piece) => {
    const expertCount = piece.rows / rows;
    const share = expertCount / (experts + sharedSlots);
    const outputBytes = ({ tokens }: Step): number => 4 * share * tokens * slots * inner;
    return {
      name: matrix.name,
      layer,
      kernel: 'expertGateUp',
      workgroupSize: tuning.workgroupSize,
      blocks: matrix.type,
      constants: { unitsPerLane: tuning.unitsPerLane, hasNorm: true, ...parts },
      shard: piece.shard,
      parameters: {
        ...{ input: arena.stream, output: arena.inner, ...placeOf(piece), rows: inner, matrixBlocks },
        upBlocks: parts.hasGate ? (inner * width) / 32 : 0,
        ...{ blocks: width / 32, norm, epsilon: spec.normEpsilon },
        ...{ choices, firstExpert: piece.firstRow / rows, expertCount },
      },
      workgroups: [inner / 4, slots, tokensOf],
      traffic: {
        ...{ kvRead: 0, kvWritten: 0 },
        weights: ({ tokens }) =>
          share * matrixBytes(matrix, (Math.min(experts, tokens * topK) + sharedSlots) * rows),
        read: (step) =>
          4 * width * (step.tokens + 1) + 4 * step.tokens * slots + (parts.hasGate ? 0 : outputBytes(step)),
        written: outputBytes,
      },
    };
  });
}

/** Of a few tokens, each token's choices in one sum. */
function expertDowns(
  { arena, spec, tuning, piecesOf }: Planning,
  { layer, experts, sharedSlots, topK, inner, down: matrix, summed, choices, weights }: ChosenExperts,
): PlannedDispatch[] {
  const width = spec.embeddingLength;
  const slots = topK + sharedSlots;
  const fused = summed - topK;
  return piecesOf(matrix).map((piece) => {
    const expertCount = piece.rows / width;
    const share = expertCount / (experts + fused);
    return {
      name: matrix.name,
      layer,
      kernel: 'expertDown',
      workgroupSize: tuning.workgroupSize,
      blocks: matrix.type,
      constants: { slots, summed, unitsPerLane: tuning.unitsPerLane },
      shard: piece.shard,
      parameters: {
        ...{ input: arena.inner, output: arena.stream, residual: arena.stream, ...placeOf(piece) },
        ...{ blocks: inner / 32, rows: width, matrixBlocks: (width * inner) / 32 },
        ...{ choices, weights, firstExpert: piece.firstRow / width, expertCount },
      },
      workgroups: [width / 4, tokensOf, 1],
      traffic: {
        ...{ kvRead: 0, kvWritten: 0 },
        weights: ({ tokens }) =>
          share * matrixBytes(matrix, (Math.min(experts, tokens * topK) + fused) * width),
        read: ({ tokens }) => 4 * tokens * (share * slots * inner + width + 2 * slots),
        written: ({ tokens }) => 4 * tokens * width,
      },
    };
  });
}
