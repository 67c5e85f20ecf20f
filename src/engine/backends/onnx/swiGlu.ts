import type { GraphBuilder, ValueName } from './graphBuilder.ts';

/** `[.., 2 * inner]`, gates beside ups -> silu(gate) * up, `[.., inner]` (arXiv 2002.05202). `name` prefixes everything. */
export function addSwiGlu(graph: GraphBuilder, name: ValueName, both: ValueName): ValueName {
  graph.nodes('Split', [`${name}/gate`, `${name}/up`], [both], { axis: -1, num_outputs: 2 });
  // QuickGelu is x * sigmoid(alpha * x): SiLU for alpha 1, in one node.
  const activated = graph.node('com.microsoft.QuickGelu', `${name}/silu`, [`${name}/gate`], {
    alpha: { float: 1 },
  });
  return graph.node('Mul', `${name}/inner`, [activated, `${name}/up`]);
}
