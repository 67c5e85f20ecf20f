import type { GraphBuilder, ValueName } from './graphBuilder.ts';
import type { PackedBlocks } from './packMatrix.ts';

/**
 * What the minima of a matrix's blocks add to its product with an input:
 * `sum_k x[k] * minimum[block of k]` = sum over blocks of (sum of x in the block) * minimum[block].
 * @param sums of `addBlockSums`
 */
export function addMinimaProduct(
  graph: GraphBuilder,
  sums: ValueName,
  name: ValueName,
  { rows, columns, minima, representation }: PackedBlocks,
): ValueName {
  const minimum = graph.weight(`${name}.minima`, minima, [rows, columns / representation.blockSize]);
  return graph.node('com.microsoft.FusedMatMul', `${name}/minima`, [sums, minimum], { transB: 1 });
}
