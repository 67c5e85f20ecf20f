import type { GraphBuilder, ValueName } from './graphBuilder.ts';

/** `[1, tokens, width]` -> `[1, 1, width]` */
export function addLastRow(graph: GraphBuilder, value: ValueName): ValueName {
  const [last, end] = [graph.int64s([-1]), graph.int64s([Number.MAX_SAFE_INTEGER])];
  return graph.node('Slice', `${value}/last`, [value, last, end, graph.int64s([1])]);
}
