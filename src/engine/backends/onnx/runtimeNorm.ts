import type { Lowering, NormedResidual, NormPlan, Residual } from './lowering.ts';

/** RMSNorm with ONNX Runtime's operators. */
export function addRuntimeNorm(
  { graph }: Pick<Lowering, 'graph'>,
  { stream, pending }: Residual,
  { name, scale, epsilon }: NormPlan,
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
