import type { TensorRole } from '../../../models/weights.ts';
import type { GraphBuilder, ValueName } from './graphBuilder.ts';
import type { Lowering } from './lowering.ts';
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
  lowering: Lowering,
  input: ValueName,
  plan: RmsNormPlan,
): Promise<ValueName> {
  return (await addResidualNorm(lowering, { stream: input }, plan)).normed;
}

/** RMSNorm of the residual stream, with the pending product added first. */
export async function addResidualNorm(
  { graph, weights }: Lowering,
  residual: Residual,
  { name, scale, epsilon }: RmsNormPlan,
): Promise<NormedResidual> {
  const values = await readVector(weights, scale);
  const weight = graph.weight(`${name}.weight`, values, [values.length]);
  return addScaledNorm(graph, residual, { name, scale: weight, epsilon });
}

export interface NormedResidual {
  readonly normed: ValueName;
  readonly stream: ValueName;
}

/** As `addResidualNorm`, with a scale that is in the graph already. */
export function addScaledNorm(
  graph: GraphBuilder,
  { stream, pending }: Residual,
  { name, scale, epsilon }: { readonly name: ValueName; readonly scale: ValueName; readonly epsilon: number },
): NormedResidual {
  if (pending === undefined) {
    graph.node('SimplifiedLayerNormalization', name, [stream, scale], {
      axis: -1,
      epsilon: { float: epsilon },
      stash_type: 1,
    });
    return { normed: name, stream };
  }
  const sum = `${name}/stream`;
  // Outputs 1 and 2 are statistics for training.
  graph.nodes(
    'com.microsoft.SkipSimplifiedLayerNormalization',
    [name, '', '', sum],
    [stream, pending, scale],
    { epsilon: { float: epsilon } },
  );
  return { normed: name, stream: sum };
}
