import { hasMinima, packedForm, packedWords, panelWords } from '../../../../native/kernels/packedForm.ts';
import type { PackedType } from '../../../../native/cpu/library.ts';
import type { OffloadedLayer } from './offloadPlan.ts';
import { NO_WEIGHTS, type PlannedDispatch, type Step } from './plannedDispatch.ts';
import type { Planning } from './planning.ts';
import { matVec, rmsNorm, tokensOf } from './planProducts.ts';
import type { RoutingPlan } from './planRegions.ts';
import { planRouter, routedPlaces } from './planRouter.ts';
import type { PlannedFeedForward } from './planWeights.ts';

/**
 * A layer whose experts are shared out between the CPU and slots on the GPU. What the host does between the stages:
 * `OffloadedExperts`. Dispatches of the shared expert (`beside`) come from whoever plans dense layers.
 */
export function planOffloadedExperts(
  planning: Planning,
  routing: RoutingPlan,
  { layer, norm }: { readonly layer: number; readonly norm: number },
  weights: Extract<PlannedFeedForward, { kind: 'offloaded' }>,
  beside: readonly PlannedDispatch[],
): PlannedDispatch[] {
  const { arena, spec } = planning;
  const feedForward = spec.layers[layer]?.feedForward;
  if (feedForward?.kind !== 'moe') throw new RangeError(`layer ${String(layer)} has no experts`);
  const width4 = spec.embeddingLength / 4;
  return [
    // The CPU needs the very numbers that slots are multiplied with, so the norm is folded into no product.
    rmsNorm(planning, {
      ...{ name: `layer.${String(layer)}.experts.norm`, layer, input: arena.stream, norm },
      ...{ inputStride: width4, output: arena.normed, length: spec.embeddingLength },
    }),
    ...matVec(planning, {
      ...{ layer, matrix: weights.router, input: arena.normed, inputStride: width4 },
      ...{ output: arena.routerLogits, outputStride: Math.ceil(feedForward.experts / 4) },
    }),
    planRouter(planning, routing, layer, 0),
    ...beside.map((dispatch) => ({ ...dispatch, stage: 'beside' as const })),
    ...(weights.experts.slots === 0 ? [] : cachedExperts(planning, weights.experts)),
    addExperts(planning, routing, layer),
  ];
}

/** Rows of a pass that go to experts in slots. */
const hits = ({ cachedRows }: Step): number => cachedRows ?? 0;

function cachedExperts(planning: Planning, experts: OffloadedLayer): PlannedDispatch[] {
  const { arena, state, tuning } = planning;
  const { index: layer, shape, slotBytes } = experts;
  const { gateType, downType, inner, width } = shape;
  const gateWords = packedWords(gateType, inner, width);
  const downWords = packedWords(downType, width, inner);
  const name = (part: string): string => `layer.${String(layer)}.cached.${part}`;
  const common = { layer, stage: 'cached', workgroupSize: tuning.workgroupSize, slots: layer } as const;
  const place = { hits: state.hits, slotWords: slotBytes / 4 };
  const rounded = (part: string, from: RoundedInputs): PlannedDispatch => ({
    ...common,
    name: name(part),
    kernel: 'roundInputs',
    constants: { hasSums: hasMinima(from.type) },
    parameters: { input: from.input, output: from.output, blocks: from.columns / 32 },
    workgroups: [Math.ceil(from.columns / 32 / tuning.workgroupSize), from.rows, 1],
    traffic: {
      ...NO_WEIGHTS,
      read: (step) => 4 * from.columns * from.rows(step),
      written: (step) => (80 / 32) * from.columns * from.rows(step),
    },
  });
  return [
    rounded('input', {
      ...{ type: gateType, input: arena.normed, output: state.roundedOuter, columns: width, rows: tokensOf },
    }),
    {
      ...common,
      name: name('gate+up'),
      kernel: 'cachedGateUp',
      constants: { ...packedForm(gateType) },
      parameters: {
        ...{ ...place, inputs: state.roundedOuter, output: arena.inner, blocks: width / 32, rows: inner },
        ...{ upWords: gateWords, panelWords: panelWords(gateType, width) },
      },
      workgroups: [Math.ceil(inner / tuning.workgroupSize), hits, 1],
      traffic: {
        ...NO_WEIGHTS,
        weights: (step) => 8 * gateWords * Math.min(experts.slots, hits(step)),
        read: (step) => (80 / 32) * width * hits(step),
        written: (step) => 4 * inner * hits(step),
      },
    },
    rounded('inner', {
      ...{ type: downType, input: arena.inner, output: state.roundedInner, columns: inner, rows: hits },
    }),
    {
      ...common,
      name: name('down'),
      kernel: 'cachedDown',
      constants: { ...packedForm(downType) },
      parameters: {
        ...{ ...place, inputs: state.roundedInner, output: arena.gateUp, blocks: inner / 32 },
        ...{ rows: width, downWords: 2 * gateWords, panelWords: panelWords(downType, inner) },
      },
      workgroups: [Math.ceil(width / tuning.workgroupSize), hits, 1],
      traffic: {
        ...NO_WEIGHTS,
        weights: (step) => 4 * downWords * Math.min(experts.slots, hits(step)),
        read: (step) => (80 / 32) * inner * hits(step),
        written: (step) => 4 * width * hits(step),
      },
    },
  ];
}

interface RoundedInputs {
  readonly type: PackedType;
  readonly input: number;
  readonly output: number;
  readonly columns: number;
  readonly rows: (step: Step) => number;
}

function addExperts(
  { arena, state, spec, tuning }: Planning,
  routing: RoutingPlan,
  layer: number,
): PlannedDispatch {
  const width = spec.embeddingLength;
  const { topK, slots } = routing;
  return {
    name: `layer.${String(layer)}.experts.sum`,
    layer,
    stage: 'sum',
    kernel: 'addExperts',
    workgroupSize: tuning.workgroupSize,
    constants: { topK, slots },
    parameters: {
      ...{ stream: arena.stream, outputs: arena.gateUp, rows: state.outputRows, width4: width / 4 },
      weights: routedPlaces(state, routing, layer).weights,
    },
    workgroups: [tokensOf, 1, 1],
    traffic: {
      ...NO_WEIGHTS,
      read: ({ tokens }) => 4 * tokens * (topK * (width + 2) + width),
      written: ({ tokens }) => 4 * tokens * width,
    },
  };
}
