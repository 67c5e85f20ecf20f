import type { GraphBuilder, ValueName } from './graphBuilder.ts';
import type { ExpertsPlan } from './lowering.ts';

/** Tokens sorted by the experts they go to. */
export interface Dispatch {
  /** `[1, tokens * topK, width]`: a row for each token and expert of it, expert by expert. */
  readonly rows: ValueName;
  /** int64 `[experts]`: rows of each expert, 0 for one that nobody chose. */
  readonly counts: ValueName;
  /** int64 `[tokens * topK]`: the row of each token's first expert, second, ..., then of the next token. */
  readonly places: ValueName;
}

/** Sorts the tokens of a plan's input so that each expert finds its own side by side. */
export function addDispatch(
  graph: GraphBuilder,
  { name: prefix, input, experts, topK, routing }: Omit<ExpertsPlan, 'gate' | 'up' | 'down'>,
): Dispatch {
  const name = `${prefix}/dispatch`;
  const flat = graph.node('Reshape', `${name}/experts`, [routing.experts, graph.int64s([-1])]);
  const length = graph.once(`rows of ${topK} experts`, () =>
    graph.node('Shape', `rows of ${topK} experts`, [flat]),
  );
  // TopK is a stable sort, and the sort of a permutation its inverse.
  const order = `${name}/order`;
  graph.nodes('TopK', [`${name}/sorted`, order], [flat, length], { axis: 0, largest: 0 });
  const places = `${name}/places`;
  graph.nodes('TopK', [`${places}/sorted`, places], [order, length], { axis: 0, largest: 0 });

  const tokens = graph.node('Div', `${name}/tokens`, [order, graph.int64s([topK])]);
  const rows = graph.node('Gather', `${name}/rows`, [input, tokens], { axis: 1 });
  const chosen = graph.node('OneHot', `${name}/chosen`, [
    flat,
    graph.int64s([experts]),
    graph.int64s([0, 1]),
  ]);
  const counts = graph.node('ReduceSum', `${name}/counts`, [chosen, graph.int64s([0])], { keepdims: 0 });
  return { rows, counts, places };
}
