import type { ModelSpec, RopeSpec } from '../../../models/spec.ts';
import type { LayerTensor, TensorRole } from '../../../models/weights.ts';
import type { Lowering, Routing } from './lowering.ts';

/** `layer.3` or `draft.0`: where the roles of a layer's tensors begin, and the names of its values in the graph. */
export type LayerPrefix = `layer.${number}` | `draft.${number}`;

/** What every part of one layer needs. */
export interface LayerLowering extends Lowering {
  readonly spec: ModelSpec;
  /** `distinctRopes` of the model. */
  readonly ropes: readonly RopeSpec[];
  readonly prefix: LayerPrefix;
  /** Nobody asks what the layer makes of a run's tokens but the last: the others only enter its cache. */
  readonly lastRowOnly?: boolean;
  /** Told where a layer with experts sends its tokens. */
  readonly onRouting?: (routing: Routing) => void;
}

export function layerRole({ prefix }: Pick<LayerLowering, 'prefix'>, tensor: LayerTensor): TensorRole {
  return `${prefix}.${tensor}`;
}
