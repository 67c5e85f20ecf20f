import { corrupt, quote, unsupported } from '../modelErrors.ts';
import type { TensorRole } from '../weights.ts';
import { QUANTIZATION_TYPES } from '../weights.ts';
import type { ArchitectureSource } from './architectureSource.ts';
import type { GgufTensor } from './ggufHeader.ts';
import { asQuantizationType } from './ggufTypes.ts';
import type { PlacedTensor } from './ggufWeightSource.ts';
import type { TensorSizes } from './planTensors.ts';
import { planTensors } from './planTensors.ts';
import type { TensorPlan } from './tensorPlan.ts';

/** Divides the rotary frequencies; it goes into the spec, not into the weights. */
export const ROPE_FACTORS_TENSOR = 'rope_freqs.weight';

/**
 * Gives every tensor of the file its role. A tensor that is missing, has another shape, or that nothing would
 * read is refused: leaving one out silently would change what the model says.
 *
 * @throws GlassboxError `model/corrupt`, `model/unsupported`
 */
export function mapTensors(
  { tensors: found, family, file }: ArchitectureSource,
  sizes: TensorSizes,
): Map<TensorRole, PlacedTensor> {
  const plans = planTensors(sizes, (name) => found.has(name));
  const planned = new Set(plans.map((plan) => plan.name));
  if (family.ropeFactors) planned.add(ROPE_FACTORS_TENSOR);
  for (const name of found.keys())
    if (!planned.has(name))
      throw unsupported(
        file,
        `tensor ${quote(name)}`,
        'has no place in this architecture; the model has a part that Glassbox does not know',
      );
  return new Map(plans.map((plan) => [plan.role, place(plan, found, file)]));
}

function place(plan: TensorPlan, found: ReadonlyMap<string, GgufTensor>, file: string): PlacedTensor {
  const field = `tensor ${quote(plan.name)}`;
  const tensor = found.get(plan.name);
  if (tensor === undefined) throw corrupt(file, field, 'is missing');
  const type = asQuantizationType(tensor.typeName);
  if (type === undefined)
    throw unsupported(
      file,
      field,
      `is stored as ${tensor.typeName}; supported are ${QUANTIZATION_TYPES.join(', ')}`,
    );
  // The file has the fastest dimension first, and some writers pad with dimensions of 1.
  const shape = trimOnes(tensor.dimensions).reverse();
  if (shape.join() !== trimOnes(plan.shape.toReversed()).reverse().join())
    throw corrupt(file, field, `has the shape [${shape.join(', ')}] instead of [${plan.shape.join(', ')}]`);
  const { role, name } = plan;
  return {
    role,
    name,
    type,
    shape: plan.shape,
    byteLength: tensor.byteLength,
    fileOffset: tensor.fileOffset,
  };
}

/** Without the dimensions of 1 at the slow end, of which the first never is one. */
function trimOnes(dimensions: readonly number[]): number[] {
  const trimmed = [...dimensions];
  while (trimmed.length > 1 && trimmed.at(-1) === 1) trimmed.pop();
  return trimmed;
}
