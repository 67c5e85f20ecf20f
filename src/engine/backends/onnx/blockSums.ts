import type { GraphBuilder, ValueName } from './graphBuilder.ts';

/** `[1, tokens, columns]` -> `[1, tokens, columns / blockSize]`, once for all products of this input. */
export function addBlockSums(
  graph: GraphBuilder,
  input: ValueName,
  columns: number,
  blockSize: number,
): ValueName {
  const name = `${input}/sums${blockSize}`;
  return graph.once(name, () => {
    const blocked = graph.node('Reshape', `${name}/blocks`, [
      input,
      graph.int64s([1, -1, columns / blockSize, blockSize]),
    ]);
    graph.node('ReduceSum', name, [blocked, graph.int64s([-1])], { keepdims: 0 });
  });
}
