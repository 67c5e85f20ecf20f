import type { AttentionSpec, FeedForwardSpec, LayerSpec } from '../../../models/spec.ts';
import { addExperts } from './experts.ts';
import type { ValueName } from './graphBuilder.ts';
import { addGroupedQueryAttention } from './groupedQueryAttention.ts';
import { addLastRow } from './lastRow.ts';
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
  const attention = await layer.products.linear(layer, {
    input: attended,
    name: `${prefix}/attention.output`,
    matrices: [layerRole(layer, 'attention.output')],
  });
  const between = await addResidualNorm(
    layer,
    { stream: wantedRows(layer, before.stream), pending: attention },
    { name: `${prefix}/feedForward.norm`, scale: layerRole(layer, 'feedForward.norm'), epsilon },
  );
  const pending = await addFeedForward(layer, spec.feedForward, between.normed);
  return { stream: between.stream, pending };
}

function wantedRows({ graph, lastRowOnly }: LayerLowering, value: ValueName): ValueName {
  return lastRowOnly ? addLastRow(graph, value) : value;
}

/** Of the rows that are wanted. */
async function addAttention(
  layer: LayerLowering,
  attention: AttentionSpec,
  input: ValueName,
): Promise<ValueName> {
  return attention.kind === 'gqa'
    ? wantedRows(layer, await addGroupedQueryAttention(layer, attention, input))
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
