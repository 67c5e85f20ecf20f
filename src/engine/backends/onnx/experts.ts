import type { ExpertFeedForward } from '../../../models/spec.ts';
import { addDenseFeedForward } from './denseFeedForward.ts';
import { addDispatch } from './dispatch.ts';
import { addExpertProduct } from './expertProduct.ts';
import type { ValueName } from './graphBuilder.ts';
import { layerRole, type LayerLowering } from './layerLowering.ts';
import { addRouter } from './router.ts';
import { addSwiGlu } from './swiGlu.ts';

/** `[1, tokens, width]` -> the same: the chosen experts' outputs, weighted, and the shared expert's. */
export async function addExperts(
  layer: LayerLowering,
  feedForward: ExpertFeedForward,
  input: ValueName,
): Promise<ValueName> {
  const { graph, prefix } = layer;
  const routed = await addRoutedExperts(layer, feedForward, input);
  if (feedForward.sharedInnerLength === 0) return routed;
  const matrices = {
    gate: layerRole(layer, 'sharedExpert.gate'),
    up: layerRole(layer, 'sharedExpert.up'),
    down: layerRole(layer, 'sharedExpert.down'),
  };
  const shared = await addDenseFeedForward(layer, `${prefix}/sharedExpert`, matrices, input);
  return graph.node('Add', `${prefix}/feedForward`, [routed, shared]);
}

async function addRoutedExperts(
  layer: LayerLowering,
  feedForward: ExpertFeedForward,
  input: ValueName,
): Promise<ValueName> {
  const { graph, prefix, spec } = layer;
  const { experts, topK } = feedForward;
  const width = spec.embeddingLength;
  const name = `${prefix}/experts`;
  const routing = await addRouter(layer, feedForward, input);
  layer.onRouting?.(routing);

  const { rows, counts, places } = addDispatch(layer, feedForward, input, routing);
  const both = await addExpertProduct(layer, {
    input: rows,
    counts,
    experts,
    name: `${name}/gate+up`,
    stacks: [layerRole(layer, 'experts.gate'), layerRole(layer, 'experts.up')],
  });
  const outputs = await addExpertProduct(layer, {
    input: addSwiGlu(graph, name, both),
    counts,
    experts,
    name: `${name}/down`,
    stacks: [layerRole(layer, 'experts.down')],
  });

  // Back to the tokens' order: [tokens, 1, topK] · [tokens, topK, width] weighs and adds, best expert first.
  const sorted = graph.node('Gather', `${name}/sorted`, [outputs, places], { axis: 1 });
  const byToken = graph.node('Reshape', `${name}/byToken`, [sorted, graph.int64s([-1, topK, width])]);
  const weights = graph.node('Reshape', `${name}/weights`, [routing.weights, graph.int64s([-1, 1, topK])]);
  const sums = graph.node('MatMul', `${name}/sums`, [weights, byToken]);
  return graph.node('Reshape', name, [sums, graph.int64s([1, -1, width])]);
}
