import type { AttentionSpec, FeedForwardSpec, LayerSpec } from '../../../models/spec.ts';
import { addExperts } from './experts.ts';
import type { ValueName } from './graphBuilder.ts';
import { addGroupedQueryAttention } from './groupedQueryAttention.ts';
import { addLatentAttention } from './latentAttention.ts';
import { layerRole, type LayerLowering } from './layerLowering.ts';
import type { Residual } from './lowering.ts';
import { addResidualNorm } from './rmsNorm.ts';

/** One transformer layer: a row for each token, or one. */
export async function addLayer(layer: LayerLowering, spec: LayerSpec, residual: Residual): Promise<Residual> {
  const { prefix } = layer;
  const epsilon = layer.spec.normEpsilon;
  const before = await addResidualNorm(layer, residual, {
    name: `${prefix}/attention.norm`,
    scale: layerRole(layer, 'attention.norm'),
    epsilon,
  });
  const attended = await addAttention(layer, spec.attention, before.normed);
  const wanted = (value: ValueName): ValueName => (layer.lastRowOnly ? addLastRow(layer, value) : value);
  const attention = await layer.products.linear(layer, {
    input: wanted(attended),
    name: `${prefix}/attention.output`,
    matrices: [layerRole(layer, 'attention.output')],
  });
  const between = await addResidualNorm(
    layer,
    { stream: wanted(before.stream), pending: attention },
    { name: `${prefix}/feedForward.norm`, scale: layerRole(layer, 'feedForward.norm'), epsilon },
  );
  const pending = await addFeedForward(layer, spec.feedForward, between.normed);
  return { stream: between.stream, pending };
}

/** `[1, tokens, width]` -> `[1, 1, width]` */
function addLastRow({ graph }: LayerLowering, value: ValueName): ValueName {
  const [last, end] = [graph.int64s([-1]), graph.int64s([Number.MAX_SAFE_INTEGER])];
  return graph.node('Slice', `${value}/last`, [value, last, end, graph.int64s([1])]);
}

function addAttention(layer: LayerLowering, attention: AttentionSpec, input: ValueName): Promise<ValueName> {
  return attention.kind === 'gqa'
    ? addGroupedQueryAttention(layer, attention, input)
    : addLatentAttention(layer, attention, input);
}

function addFeedForward(
  layer: LayerLowering,
  feedForward: FeedForwardSpec,
  input: ValueName,
): Promise<ValueName> {
  if (feedForward.kind === 'moe') return addExperts(layer, feedForward, input);
  return layer.products.feedForward(layer, {
    input,
    name: `${layer.prefix}/feedForward`,
    gate: layerRole(layer, 'feedForward.gate'),
    up: layerRole(layer, 'feedForward.up'),
    down: layerRole(layer, 'feedForward.down'),
  });
}
