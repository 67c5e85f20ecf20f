import type { ModelSpec } from '../../../models/spec.ts';
import type { WeightSource } from '../../../models/weights.ts';
import { buildDraft } from './draftGraph.ts';
import { expertsPerToken } from './expertsPerToken.ts';
import type { BuiltGraph } from './graphBuilder.ts';
import { GraphBuilder } from './graphBuilder.ts';
import { addLayer } from './layerGraph.ts';
import type { Lowering, Residual, Routing } from './lowering.ts';
import { distinctRopes } from './ropeTable.ts';
import { addRoutingOutputs } from './routingOutputs.ts';
import { addSequenceInputs } from './sequenceInputs.ts';
import type { LayerShard, Shard } from './shardPlan.ts';
import { outputRole } from './shardPlan.ts';

/**
 * The graph of one shard. Inputs of layers, in order: stream, pending (but not in the first shard), where the tokens lie
 * in the sequence (`addSequenceInputs`), each layer's cache (`KvBuffers.bind`); outputs: each layer's cache, stream,
 * pending, and the routing of layers with experts (`addRoutingOutputs`). Inputs of the head: stream, pending, the norm's
 * scale, which is the model's or its draft's; output: logits.
 */
export async function buildShardGraph(
  spec: ModelSpec,
  weights: WeightSource,
  shard: Shard,
  { products, attention, scratch }: Pick<Lowering, 'products' | 'attention' | 'scratch'>,
): Promise<BuiltGraph> {
  const graph = new GraphBuilder();
  const lowering = { graph, weights, products, attention, scratch };
  const drafting = spec.draft?.layers[0];
  if (shard.kind === 'draft' && drafting) return buildDraft(lowering, spec, drafting);
  const hidden = [1, 'tokens', spec.embeddingLength];
  const isFirst = shard.kind === 'layers' && shard.firstLayer === 0;
  const residual: Residual = {
    stream: graph.input('stream', 'float32', hidden),
    ...(!isFirst && { pending: graph.input('pending', 'float32', hidden) }),
  };
  return shard.kind === 'layers'
    ? buildLayers(lowering, spec, shard, residual)
    : buildHead(lowering, spec, residual);
}

async function buildLayers(
  lowering: Lowering,
  spec: ModelSpec,
  { firstLayer, layerCount }: LayerShard,
  before: Residual,
): Promise<BuiltGraph> {
  const { graph } = lowering;
  addSequenceInputs(graph, spec, lowering.attention);
  const ropes = distinctRopes(spec);
  const routings: Routing[] = [];
  const onRouting = (routing: Routing): void => void routings.push(routing);
  let residual = before;
  for (const [offset, layer] of spec.layers.slice(firstLayer, firstLayer + layerCount).entries()) {
    const prefix = `layer.${firstLayer + offset}` as const;
    residual = await addLayer({ ...lowering, spec, ropes, prefix, onRouting }, layer, residual);
  }
  const hidden = [1, 'tokens', spec.embeddingLength];
  graph.output(residual.stream, 'float32', hidden);
  if (residual.pending !== undefined) graph.output(residual.pending, 'float32', hidden);
  addRoutingOutputs(graph, routings, expertsPerToken(spec));
  return graph.build(`layers ${firstLayer} to ${firstLayer + layerCount - 1}`);
}

async function buildHead(lowering: Lowering, spec: ModelSpec, residual: Residual): Promise<BuiltGraph> {
  const { graph } = lowering;
  const scale = graph.input('output.norm.scale', 'float32', [spec.embeddingLength]);
  const { normed } = lowering.products.norm(lowering, residual, {
    name: 'output.norm',
    scale,
    epsilon: spec.normEpsilon,
  });
  const logits = await lowering.products.linear(lowering, {
    input: normed,
    name: 'logits',
    matrices: [outputRole(spec)],
  });
  graph.output(logits, 'float32', [1, 'tokens', spec.vocabularySize]);
  return graph.build('head');
}
