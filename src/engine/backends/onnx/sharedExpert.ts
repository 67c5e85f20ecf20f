import type { ValueName } from './graphBuilder.ts';
import type { ExpertsPlan, Lowering } from './lowering.ts';

/** The experts of `plan` as two parts of a graph, what `routed` makes of the chosen ones and the shared one's feed-forward, added. */
export async function addSharedExpert(
  lowering: Lowering,
  plan: ExpertsPlan,
  routed: (plan: ExpertsPlan) => Promise<ValueName>,
): Promise<ValueName> {
  const { shared, input, name } = plan;
  if (shared === undefined) return routed(plan);
  const chosen = await routed({ ...plan, name: `${name}/routed`, shared: undefined });
  const always = await lowering.products.feedForward(lowering, { input, name: `${name}/shared`, ...shared });
  return lowering.graph.node('Add', name, [chosen, always]);
}
