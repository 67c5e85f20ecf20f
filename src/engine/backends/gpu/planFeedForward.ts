import { planOffloadedExperts } from './planOffloadedExperts.ts';
import type { PlannedDispatch, Step } from './plannedDispatch.ts';
import type { PlannedMatrix } from './plannedMatrix.ts';
import type { Planning } from './planning.ts';
import { matMat, matrixBytes, matVec, placeOf, rmsNorm, tokensOf } from './planProducts.ts';
import type { RoutingPlan } from './planRegions.ts';
import { planRouter } from './planRouter.ts';
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
  const { kind, arena, spec, tuning, piecesOf } = planning;
  const width4 = spec.embeddingLength / 4;
  const outputStride = columns / 4;
  let row4 = 0;
  return gateUp.flatMap((matrix) => {
    const inner4 = matrix.rows / 8;
    const from = output + row4;
    row4 += inner4;
    const traffic = { weights: 0, kvRead: 0, kvWritten: 0 } as const;
    const written = ({ tokens }: Step): number => 16 * inner4 * tokens;
    if (kind === 'chunk')
      return [
        ...matMat(planning, {
          ...{ layer, matrix, input: arena.normed, inputStride: width4 },
          ...{ output: arena.gateUp, outputStride: matrix.rows / 4 },
        }),
        {
          name: `${matrix.name}.silu`,
          layer,
          kernel: 'swiGlu',
          workgroupSize: tuning.workgroupSize,
          constants: {},
          parameters: { input: arena.gateUp, output: from, outputStride, width4: inner4 },
          workgroups: [tokensOf, 1, 1],
          traffic: { ...traffic, read: (step) => 2 * written(step), written },
        } satisfies PlannedDispatch,
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
        ...{ input: arena.stream, inputStride: width4, output: from, outputStride },
        ...placeOf(piece),
        ...{ blocks: matrix.columns / 32, upBlocks: (matrix.rows / 2) * (matrix.columns / 32) },
        ...{ norm, epsilon: spec.normEpsilon },
      },
      workgroups: [inner4, tokensOf, 1],
      traffic: {
        ...traffic,
        weights: matrixBytes(matrix, piece.rows),
        read: ({ tokens }) => 4 * matrix.columns * (tokens + 1),
        written,
      },
    }));
  });
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
  const { arena, state, spec, tuning, piecesOf } = planning;
  const feedForward = spec.layers[layer]?.feedForward;
  if (feedForward?.kind !== 'moe') throw new RangeError(`layer ${String(layer)} has no experts`);
  const { experts, topK } = feedForward;
  const { gateUp, sharedSlots, isSharedDownFused, shared, sharedDown } = weights;
  const slots = topK + sharedSlots;
  const inner = feedForward.expertInnerLength;
  const width = spec.embeddingLength;
  const width4 = width / 4;
  const order = routing.layers.findIndex(({ index }) => index === layer);
  // Rows of all layers lie behind each other, without gaps: one copy brings them back.
  const choices = ({ tokens }: Step): number => state.choices + order * tokens * routing.slots;
  const weightBits = ({ tokens }: Step): number => state.weights + order * tokens * routing.slots;
  const none = { weights: 0, kvRead: 0, kvWritten: 0 } as const;

  const logits = matVec(planning, {
    ...{ layer, matrix: weights.router, input: arena.stream, inputStride: width4, norm },
    ...{ output: arena.routerLogits, outputStride: Math.ceil(experts / 4) },
  });
  const router = planRouter(planning, routing, layer, sharedSlots);
  const matrixBlocks = (2 * inner * width) / 32;
  const chosen = (of: (expert: number) => number, fused: number, { tokens }: Step): number =>
    of(Math.min(experts, tokens * topK) + fused);
  const gateUps_ = piecesOf(gateUp).map((piece): PlannedDispatch => {
    const expertCount = piece.rows / (2 * inner);
    const share = expertCount / (experts + sharedSlots);
    return {
      name: gateUp.name,
      layer,
      kernel: 'expertGateUp',
      workgroupSize: tuning.workgroupSize,
      blocks: gateUp.type,
      constants: { unitsPerLane: tuning.unitsPerLane, hasNorm: true },
      shard: piece.shard,
      parameters: {
        ...{ input: arena.stream, output: arena.inner, ...placeOf(piece), rows: inner, matrixBlocks },
        ...{ blocks: width / 32, upBlocks: matrixBlocks / 2, norm, epsilon: spec.normEpsilon },
        ...{ choices, firstExpert: piece.firstRow / (2 * inner), expertCount },
      },
      workgroups: [inner / 4, slots, tokensOf],
      traffic: {
        ...none,
        weights: (step) =>
          share * chosen((count) => matrixBytes(gateUp, count * 2 * inner), sharedSlots, step),
        read: ({ tokens }) => 4 * width * (tokens + 1) + 4 * tokens * slots,
        written: ({ tokens }) => 4 * share * tokens * slots * inner,
      },
    };
  });
  const downSlots = isSharedDownFused ? sharedSlots : 0;
  const downs = piecesOf(weights.down).map((piece): PlannedDispatch => {
    const expertCount = piece.rows / width;
    const share = expertCount / (experts + downSlots);
    return {
      name: weights.down.name,
      layer,
      kernel: 'expertDown',
      workgroupSize: tuning.workgroupSize,
      blocks: weights.down.type,
      constants: { slots, summed: topK + downSlots, unitsPerLane: tuning.unitsPerLane },
      shard: piece.shard,
      parameters: {
        ...{ input: arena.inner, output: arena.stream, residual: arena.stream, ...placeOf(piece) },
        ...{ blocks: inner / 32, rows: width, matrixBlocks: (width * inner) / 32 },
        ...{ choices, weights: weightBits, firstExpert: piece.firstRow / width, expertCount },
      },
      workgroups: [width4, tokensOf, 1],
      traffic: {
        ...none,
        weights: (step) =>
          share * chosen((count) => matrixBytes(weights.down, count * width), downSlots, step),
        read: ({ tokens }) => 4 * tokens * (share * slots * inner + width + 2 * slots),
        written: ({ tokens }) => 4 * tokens * width,
      },
    };
  });
  // A shared expert reads the stream before the others are added to it.
  const sharedGateUp =
    shared === undefined
      ? []
      : [
          ...normOfStream(planning, layer, norm),
          ...gateUps(planning, layer, shared, { norm, output: arena.sharedInner }),
        ];
  const sharedDowns = [
    ...(shared === undefined
      ? []
      : down(planning, layer, shared.down, arena.sharedInner, shared.down.columns / 4)),
    ...(sharedDown === undefined
      ? []
      : down(planning, layer, sharedDown, arena.inner + (topK * inner) / 4, (slots * inner) / 4)),
  ];
  return [...logits, router, ...gateUps_, ...sharedGateUp, ...downs, ...sharedDowns];
}
