import type { TensorRole } from '../../../models/weights.ts';
import { addBlockSums } from './blockSums.ts';
import { joinRows, splitByExpert } from './splitByExpert.ts';
import type { ValueName } from './graphBuilder.ts';
import { addMatrixProduct } from './matrixProduct.ts';
import { addMinimaProduct } from './minimaProduct.ts';
import type { MatrixGroup, PackedBlocks } from './packMatrix.ts';
import { groupMatrices, packGroup } from './packMatrix.ts';
import { requireTensor } from './requireTensor.ts';
import type { RuntimeLowering } from './runtimeLowering.ts';

/** Products of rows with the matrices of the expert that each row belongs to. */
export interface ExpertProductPlan {
  /** `[1, rows, columns]`, expert by expert. */
  readonly input: ValueName;
  /** int64 `[experts]`: rows of each expert. */
  readonly counts: ValueName;
  readonly experts: number;
  /** Names the output and prefixes everything on the way. */
  readonly name: ValueName;
  /** Stacks `[experts, outputs, columns]`; the output is `[1, rows, sum of outputs]`, in this order. */
  readonly stacks: readonly TensorRole[];
}

/**
 * One product for each expert, with its own rows alone. Where an expert has no rows its product is over before it touches
 * a weight: `MatMulNBits` and `MatMul` return at once for an empty output. So a chunk costs what its tokens' experts cost,
 * for one token as for many, and an expert that nobody chose costs what two empty operators do.
 *
 * Measured (docs/quantization.md) this is faster at all sizes than an `If` around each expert, which has more to do to find
 * out that there is nothing to do, and at all but many tiny experts than weights that a `Gather` picked: those are not
 * constant, and so not packed.
 */
export async function addExpertProduct(
  lowering: RuntimeLowering,
  plan: ExpertProductPlan,
): Promise<ValueName> {
  const { graph, weights } = lowering;
  const groupsOf = (expert: number): MatrixGroup[] =>
    groupMatrices(
      weights,
      plan.stacks.map((role) => {
        const [, rows = 0] = requireTensor(weights, role).shape;
        return { role, firstRow: expert * rows, rows };
      }),
    );
  const groups = Array.from({ length: plan.experts }, (_, expert) => groupsOf(expert));
  // The matrices of all experts lie in the same stacks, so they have the same representations.
  const roles = (groups[0] ?? []).map(({ matrices }) => matrices.map(({ role }) => role).join('+'));
  const parts: ValueName[] = [];
  for (const [index, role] of roles.entries()) {
    const name = roles.length === 1 ? plan.name : `${plan.name}/${role}`;
    parts.push(
      await addGroup(
        lowering,
        plan,
        name,
        groups.flatMap((ofExpert) => ofExpert.slice(index, index + 1)),
      ),
    );
  }
  if (parts.length > 1) graph.node('Concat', plan.name, parts, { axis: -1 });
  return plan.name;
}

/** `groups`: one for each expert, all of one representation. */
async function addGroup(
  lowering: RuntimeLowering,
  { input, counts }: ExpertProductPlan,
  name: ValueName,
  groups: readonly MatrixGroup[],
): Promise<ValueName> {
  const { graph, weights, scratch } = lowering;
  const inputs = splitByExpert(lowering, input, counts, groups.length);
  const products: ValueName[] = [];
  const withMinima: PackedBlocks[] = [];
  for (const [expert, group] of groups.entries()) {
    const packed = await packGroup(weights, group, scratch);
    products.push(addMatrixProduct(lowering, inputs[expert] ?? '', `${name}/${expert}`, packed));
    if (packed.kind === 'blocks' && packed.representation.hasMinima) withMinima.push(packed);
  }
  const [first] = withMinima;
  if (first === undefined) return joinRows(lowering, name, products);

  // Sums of all rows at once, and one addition for all: the fewer operators an idle expert has, the better.
  const sums = addBlockSums(graph, input, first.columns, first.representation.blockSize);
  const sumsByExpert = splitByExpert(lowering, sums, counts, groups.length);
  const minima = withMinima.map((packed, expert) =>
    addMinimaProduct(graph, sumsByExpert[expert] ?? '', `${name}/${expert}`, packed),
  );
  joinRows(lowering, `${name}/products`, products);
  joinRows(lowering, `${name}/minima`, minima);
  return graph.node('Add', name, [`${name}/products`, `${name}/minima`]);
}
