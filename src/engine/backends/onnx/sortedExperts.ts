import { addDispatch } from './dispatch.ts';
import { addExpertProduct } from './expertProduct.ts';
import type { ValueName } from './graphBuilder.ts';
import type { ExpertsPlan } from './lowering.ts';
import { requireTensor } from './requireTensor.ts';
import type { RuntimeLowering } from './runtimeLowering.ts';
import { addSwiGlu } from './swiGlu.ts';

/** Routed experts with ONNX Runtime's operators: rows sorted by expert, each expert's own multiplied, and back again. */
export async function addSortedExperts(lowering: RuntimeLowering, plan: ExpertsPlan): Promise<ValueName> {
  const { graph, weights } = lowering;
  const { name, experts, topK, routing } = plan;
  const [, width = 0] = requireTensor(weights, plan.down).shape;
  const { rows, counts, places } = addDispatch(graph, plan, lowering.mostTensors === undefined);
  const both = await addExpertProduct(lowering, {
    input: rows,
    counts,
    experts,
    name: `${name}/gate+up`,
    stacks: [plan.gate, plan.up],
  });
  const outputs = await addExpertProduct(lowering, {
    input: addSwiGlu(graph, name, both),
    counts,
    experts,
    name: `${name}/down`,
    stacks: [plan.down],
  });

  // Back to the tokens' order: [tokens, 1, topK] · [tokens, topK, width] weighs and adds, best expert first.
  const sorted = graph.node('Gather', `${name}/sorted`, [outputs, places], { axis: 1 });
  const byToken = graph.node('Reshape', `${name}/byToken`, [sorted, graph.int64s([-1, topK, width])]);
  const factors = graph.node('Reshape', `${name}/weights`, [routing.weights, graph.int64s([-1, 1, topK])]);
  const sums = graph.node('MatMul', `${name}/sums`, [factors, byToken]);
  return graph.node('Reshape', name, [sums, graph.int64s([1, -1, width])]);
}
