import type { ModelSpec } from '../../../models/spec.ts';
import type { LayerTensor, TensorRole, WeightSource } from '../../../models/weights.ts';

/** Norms and biases behind each other, each padded with zeros to whole vectors of four. */
export interface PlannedVectors {
  readonly parts: readonly PlannedVector[];
  /** All together. */
  readonly vectors4: number;
  /** Where a part begins, in vectors of four. @throws RangeError */
  readonly at: (first: TensorRole) => number;
}

export interface PlannedVector {
  /** Behind each other without gaps. */
  readonly roles: readonly TensorRole[];
  readonly offset4: number;
}

const BIASES: readonly LayerTensor[] = ['attention.query.bias', 'attention.key.bias', 'attention.value.bias'];
const SINGLE: readonly LayerTensor[] = [
  'attention.norm',
  'attention.query.norm',
  'attention.key.norm',
  'attention.query.down.norm',
  'attention.latent.norm',
  'feedForward.norm',
  'router.bias',
];

export function planVectors(spec: ModelSpec, weights: WeightSource): PlannedVectors {
  const groups: TensorRole[][] = [];
  spec.layers.forEach((_, index) => {
    const role = (tensor: LayerTensor): TensorRole => `layer.${index}.${tensor}`;
    for (const tensor of SINGLE) if (weights.tensors.has(role(tensor))) groups.push([role(tensor)]);
    const biases = BIASES.map(role).filter((bias) => weights.tensors.has(bias));
    if (biases.length > 0) groups.push(biases);
  });
  groups.push(['output.norm']);

  const parts: PlannedVector[] = [];
  const places = new Map<TensorRole, number>();
  let vectors4 = 0;
  for (const roles of groups) {
    parts.push({ roles, offset4: vectors4 });
    let length = 0;
    for (const role of roles) {
      places.set(role, vectors4 + length / 4);
      length += weights.tensors.get(role)?.shape[0] ?? 0;
    }
    vectors4 += Math.ceil(length / 4);
  }
  return {
    parts,
    vectors4,
    at: (role) => {
      const place = places.get(role);
      if (place === undefined) throw new RangeError(`no vector ${role} was planned`);
      return place;
    },
  };
}
