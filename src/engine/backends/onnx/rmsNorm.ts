import type { TensorRole } from '../../../models/weights.ts';
import type { ValueName } from './graphBuilder.ts';
import type { Lowering } from './linear.ts';
import { readVector } from './packMatrix.ts';

/**
 * The residual stream between two parts of the graph. The last product is not added yet, so that the addition can
 * fuse with the norm that follows; at the very beginning there is none.
 */
export interface Residual {
  /** `[1, tokens, width]` */
  readonly stream: ValueName;
  /** `[1, tokens, width]`, still to be added. */
  readonly pending?: ValueName;
}

export interface RmsNormPlan {
  readonly name: ValueName;
  readonly scale: TensorRole;
  readonly epsilon: number;
}

/** RMSNorm over the last dimension (arXiv 1910.07467). */
export async function addRmsNorm(
  { graph, weights }: Lowering,
  input: ValueName,
  { name, scale, epsilon }: RmsNormPlan,
): Promise<ValueName> {
  const values = await readVector(weights, scale);
  const weight = graph.weight(`${name}.weight`, values, [values.length]);
  return graph.node('SimplifiedLayerNormalization', name, [input, weight], {
    axis: -1,
    epsilon: { float: epsilon },
    stash_type: 1,
  });
}

/** RMSNorm of the residual stream, with the pending product added first. */
export async function addResidualNorm(
  lowering: Lowering,
  residual: Residual,
  plan: RmsNormPlan,
): Promise<{ readonly normed: ValueName; readonly stream: ValueName }> {
  const { graph, weights } = lowering;
  const { name, scale, epsilon } = plan;
  if (residual.pending === undefined) {
    return { normed: await addRmsNorm(lowering, residual.stream, plan), stream: residual.stream };
  }
  const values = await readVector(weights, scale);
  const weight = graph.weight(`${name}.weight`, values, [values.length]);
  const stream = `${name}/stream`;
  // Outputs 1 and 2 are statistics for training.
  graph.nodes(
    'com.microsoft.SkipSimplifiedLayerNormalization',
    [name, '', '', stream],
    [residual.stream, residual.pending, weight],
    { epsilon: { float: epsilon } },
  );
  return { normed: name, stream };
}
