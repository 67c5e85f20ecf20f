import { NO_WEIGHTS, type PlannedDispatch, type Step } from './plannedDispatch.ts';
import type { Planning } from './planning.ts';
import { tokensOf } from './planProducts.ts';
import type { RoutingPlan } from './planRegions.ts';

/** Words of the state where a layer's choices and weights are. Rows of all layers lie behind each other, without gaps: one copy brings them back. */
export function routedPlaces(
  state: Planning['state'],
  { layers, slots }: RoutingPlan,
  layer: number,
): Record<'choices' | 'weights', (step: Step) => number> {
  const order = layers.findIndex(({ index }) => index === layer);
  return {
    choices: ({ tokens }) => state.choices + order * tokens * slots,
    weights: ({ tokens }) => state.weights + order * tokens * slots,
  };
}

/**
 * From the router's logits to a layer's choices and weights.
 * @param sharedSlots experts behind the routed ones that every token chooses
 */
export function planRouter(
  { arena, state, spec, tuning, vectors }: Planning,
  routing: RoutingPlan,
  layer: number,
  sharedSlots: number,
): PlannedDispatch {
  const feedForward = spec.layers[layer]?.feedForward;
  if (feedForward?.kind !== 'moe') throw new RangeError(`layer ${String(layer)} has no experts`);
  const { experts, topK, gate, groups, selectionBias, normalizeWeights, weightScale } = feedForward;
  const slots = topK + sharedSlots;
  return {
    name: `layer.${String(layer)}.route`,
    layer,
    kernel: 'router',
    workgroupSize: tuning.workgroupSize,
    constants: {
      ...{ experts, topK, sigmoidGate: gate === 'sigmoid', hasSelectionBias: selectionBias },
      ...{ normalizeWeights, groupCount: groups?.count ?? 1, chosenGroups: groups?.chosen ?? 1 },
      sharedSlots,
    },
    parameters: {
      ...{ logits: arena.routerLogits, stride: Math.ceil(experts / 4), scale: weightScale },
      bias: selectionBias ? vectors.at(`layer.${layer}.router.bias`) : 0,
      ...routedPlaces(state, routing, layer),
    },
    workgroups: [tokensOf, 1, 1],
    traffic: {
      ...NO_WEIGHTS,
      read: ({ tokens }) => 4 * experts * (tokens + (selectionBias ? 1 : 0)),
      written: ({ tokens }) => 4 * tokens * 2 * slots,
    },
  };
}
