import type { ValueName } from './graphBuilder.ts';
import type { FeedForwardPlan, Lowering } from './lowering.ts';
import { addSwiGlu } from './swiGlu.ts';

/** down(silu(gate(x)) * up(x)) out of products, gate and up as one. */
export async function addDenseFeedForward(
  lowering: Lowering,
  { input, name, gate, up, down }: FeedForwardPlan,
): Promise<ValueName> {
  const { graph, products } = lowering;
  const both = await products.linear(lowering, { input, name: `${name}/gate+up`, matrices: [gate, up] });
  return products.linear(lowering, {
    input: addSwiGlu(graph, name, both),
    name: `${name}/down`,
    matrices: [down],
  });
}
