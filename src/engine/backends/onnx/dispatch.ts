import type { GraphBuilder, ValueName } from './graphBuilder.ts';
import type { ExpertsPlan } from './lowering.ts';

/** Tokens sorted by the experts they go to. */
export interface Dispatch {
  /** `[1, tokens * topK, width]`: a row for each token and expert of it, expert by expert; behind these one of no use, where none may be without. */
  readonly rows: ValueName;
  /** int64 `[experts]`: rows of each expert, 0 for one that nobody chose, where that may be. */
  readonly counts: ValueName;
  /** int64 `[tokens * topK]`: the row of each token's first expert, second, ..., then of the next token. */
  readonly places: ValueName;
}

/**
 * Sorts the tokens of a plan's input so that each expert finds its own side by side.
 * @param isEmptyAllowed else each expert has a row more than it was chosen for, of any token
 */
export function addDispatch(
  graph: GraphBuilder,
  { name: prefix, input, experts, topK, routing }: Omit<ExpertsPlan, 'gate' | 'up' | 'down'>,
  isEmptyAllowed: boolean,
): Dispatch {
  const name = `${prefix}/dispatch`;
  const flat = graph.node('Reshape', `${name}/experts`, [routing.experts, graph.int64s([-1])]);
  const length = graph.once(`rows of ${topK} experts`, () =>
    graph.node('Shape', `rows of ${topK} experts`, [flat]),
  );
  const all = Array.from({ length: experts }, (_, expert) => expert);
  const keys = isEmptyAllowed
    ? flat
    : graph.node('Concat', `${name}/keys`, [flat, graph.int64s(all)], { axis: 0 });
  const keyCount = isEmptyAllowed
    ? length
    : graph.once(`rows of ${topK} and ${experts} experts`, () =>
        graph.node('Shape', `rows of ${topK} and ${experts} experts`, [keys]),
      );
  // TopK is a stable sort, and the sort of a permutation its inverse.
  const order = `${name}/order`;
  graph.nodes('TopK', [`${name}/sorted`, order], [keys, keyCount], { axis: 0, largest: 0 });
  const allPlaces = isEmptyAllowed ? `${name}/places` : `${name}/all places`;
  graph.nodes('TopK', [`${allPlaces}/sorted`, allPlaces], [order, keyCount], { axis: 0, largest: 0 });
  const places = isEmptyAllowed
    ? allPlaces
    : graph.node('Slice', `${name}/places`, [allPlaces, graph.int64s([0]), length]);

  // What stands behind the choices takes tokens from the beginning on again.
  const choices = isEmptyAllowed ? order : graph.node('Mod', `${name}/choices`, [order, length]);
  const tokens = graph.node('Div', `${name}/tokens`, [choices, graph.int64s([topK])]);
  const rows = graph.node('Gather', `${name}/rows`, [input, tokens], { axis: 1 });
  const chosen = graph.node('OneHot', `${name}/chosen`, [
    keys,
    graph.int64s([experts]),
    graph.int64s([0, 1]),
  ]);
  const counts = graph.node('ReduceSum', `${name}/counts`, [chosen, graph.int64s([0])], { keepdims: 0 });
  return { rows, counts, places };
}
