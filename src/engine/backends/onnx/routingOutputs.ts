import type { GraphBuilder } from './graphBuilder.ts';
import { ELEMENT_TYPES } from './onnxSchema.ts';
import type { Routing } from './lowering.ts';

/**
 * Outputs of a graph whose layers have experts: int32 ids and float weights, `[1, tokens, layers * topK]` with the layers
 * in their order. `RoutingBuffers` binds them.
 */
export function addRoutingOutputs(graph: GraphBuilder, layers: readonly Routing[], topK: number): void {
  if (layers.length === 0) return;
  const ids = graph.node(
    'Concat',
    'routing.ids',
    layers.map(({ experts }) => experts),
    { axis: -1 },
  );
  const shape = [1, 'tokens', layers.length * topK];
  graph.output(graph.node('Cast', 'routing.experts', [ids], { to: ELEMENT_TYPES.int32 }), 'int32', shape);
  const weights = layers.map((layer) => layer.weights);
  graph.output(graph.node('Concat', 'routing.weights', weights, { axis: -1 }), 'float32', shape);
}
