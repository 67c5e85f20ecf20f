import { placeGateUp } from './placeGateUp.ts';
import { expertSlices, planExpertTiles, type ChosenExperts } from './planExpertTiles.ts';
import { planOffloadedExperts, type SharedExpert } from './planOffloadedExperts.ts';
import type { PlannedDispatch } from './plannedDispatch.ts';
import type { PlannedMatrix } from './plannedMatrix.ts';
import type { Planning } from './planning.ts';
import { matMat, matrixBytes, matVec, placeOf, rmsNorm, swiGlu, tokensOf } from './planProducts.ts';
import type { RoutingPlan } from './planRegions.ts';
import { planRouter, routedPlaces } from './planRouter.ts';
import type { GateUpSlice, PlannedFeedForward, PlannedLayer, PlannedSwiGlu } from './planWeights.ts';

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

/** Many tokens find the norm where the experts' inputs are; a few add the last matrix's product with the experts'. */
function sharedExpert(
  planning: Planning,
  layer: number,
  { shared }: Extract<PlannedFeedForward, { kind: 'offloaded' }>,
  norm: number,
): SharedExpert {
  const { sharedInner } = planning.arena;
  if (shared === undefined) return { beside: [] };
  const beside = gateUps(planning, layer, shared, { norm, output: sharedInner });
  if (planning.kind === 'few') return { beside, down: shared.down };
  return { beside: [...beside, ...down(planning, layer, shared.down, sharedInner, shared.down.columns / 4)] };
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
  let row4 = 0;
  return gateUp.flatMap((slice) => {
    const rows = slice.kind === 'together' ? slice.matrix.rows / 2 : slice.gate.rows;
    const places = { norm, rows, output: output + row4, outputStride: columns / 4 };
    row4 += rows / 4;
    return planning.kind === 'chunk'
      ? gateUpTiles(planning, layer, slice, places)
      : gateUpOfFew(planning, layer, slice, places);
  });
}

interface GateUpPlaces {
  readonly norm: number;
  /** Of gate. */
  readonly rows: number;
  readonly output: number;
  readonly outputStride: number;
}

/** Gate and up in one product. */
function gateUpOfFew(
  planning: Planning,
  layer: number,
  slice: GateUpSlice,
  { norm, rows, ...places }: GateUpPlaces,
): PlannedDispatch[] {
  const { arena, spec, tuning } = planning;
  const width = spec.embeddingLength;
  return placeGateUp(planning, slice, rows).map(
    ({ name, blocks, secondBlocks, shard, places: planes, expertBytes }): PlannedDispatch => ({
      ...{ name, layer, kernel: 'gateUp', blocks, secondBlocks, shard },
      workgroupSize: tuning.workgroupSize,
      constants: { unitsPerLane: tuning.unitsPerLane, hasNorm: true },
      parameters: {
        ...{ input: arena.stream, inputStride: width / 4, ...places, ...planes },
        ...{ blocks: width / 32, norm, epsilon: spec.normEpsilon },
      },
      workgroups: [rows / 4, tokensOf, 1],
      traffic: {
        ...{ weights: expertBytes, kvRead: 0, kvWritten: 0 },
        read: ({ tokens }) => 4 * width * (tokens + 1),
        written: ({ tokens }) => 4 * rows * tokens,
      },
    }),
  );
}

/** Many tokens: gate and up side by side, and then their SwiGLU. */
function gateUpTiles(
  planning: Planning,
  layer: number,
  slice: GateUpSlice,
  { rows, output, outputStride }: GateUpPlaces,
): PlannedDispatch[] {
  const { arena, spec } = planning;
  const inner4 = rows / 4;
  const many = {
    ...{ layer, input: arena.normed, inputStride: spec.embeddingLength / 4 },
    ...{ output: arena.gateUp, outputStride: 2 * inner4 },
  };
  const [products, name] =
    slice.kind === 'together'
      ? [matMat(planning, { ...many, matrix: slice.matrix }), slice.matrix.name]
      : [
          [
            ...matMat(planning, { ...many, matrix: slice.gate }),
            ...matMat(planning, { ...many, matrix: slice.up, output: arena.gateUp + inner4 }),
          ],
          slice.up.name,
        ];
  return [...products, swiGlu(planning, layer, name, { rows: tokensOf, inner4, output, outputStride })];
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
function expertGateUps(
  planning: Planning,
  { layer, experts, sharedSlots, topK, inner, choices, gateUp }: ChosenExperts,
  norm: number,
): PlannedDispatch[] {
  const { arena, spec, tuning } = planning;
  const width = spec.embeddingLength;
  const slots = topK + sharedSlots;
  return expertSlices(gateUp, inner).flatMap(({ slice, firstExpert }) =>
    placeGateUp(planning, slice, inner).map((placed): PlannedDispatch => {
      const { name, blocks, secondBlocks, shard, places, matrixBlocks, expertBytes } = placed;
      const share = placed.experts / (experts + sharedSlots);
      return {
        ...{ name, layer, kernel: 'expertGateUp', blocks, secondBlocks, shard },
        workgroupSize: tuning.workgroupSize,
        constants: { unitsPerLane: tuning.unitsPerLane, hasNorm: true },
        parameters: {
          ...{ input: arena.stream, output: arena.inner, ...places, rows: inner, matrixBlocks },
          ...{ blocks: width / 32, norm, epsilon: spec.normEpsilon },
          ...{ choices, firstExpert: firstExpert + placed.firstExpert, expertCount: placed.experts },
        },
        workgroups: [inner / 4, slots, tokensOf],
        traffic: {
          ...{ kvRead: 0, kvWritten: 0 },
          weights: ({ tokens }) => share * expertBytes * (Math.min(experts, tokens * topK) + sharedSlots),
          read: ({ tokens }) => 4 * width * (tokens + 1) + 4 * tokens * slots,
          written: ({ tokens }) => 4 * share * tokens * slots * inner,
        },
      };
    }),
  );
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
