import type { ExpertFeedForward, FeedForwardSpec } from '../../src/models/spec.ts';
import { add, product, row, rowsOf, swiglu } from './matrix.ts';
import type { ReferenceLayer } from './referenceAttention.ts';
import type { Routing } from './referenceRouting.ts';
import { route } from './referenceRouting.ts';

/** What a layer's feed-forward adds to the normed `x`; `onRouting` hears where experts were chosen. */
export function feedForward(
  spec: FeedForwardSpec,
  layer: ReferenceLayer,
  x: Float64Array,
  onRouting: (routing: Routing) => void,
): Float64Array {
  const { tensor } = layer;
  if (spec.kind === 'dense')
    return swiglu(tensor('feedForward.gate'), tensor('feedForward.up'), tensor('feedForward.down'), x);
  const bias = spec.selectionBias ? [...row(tensor('router.bias'), 0)] : undefined;
  const routing = route(spec, [...product(tensor('router'), x)], bias);
  onRouting(routing);
  return addExperts(spec, layer, x, routing);
}

function addExperts(
  { expertInnerLength: inner, sharedInnerLength }: ExpertFeedForward,
  { tensor }: ReferenceLayer,
  x: Float64Array,
  { experts, weights }: Routing,
): Float64Array {
  const sum = new Float64Array(x.length);
  experts.forEach((expert, place) => {
    const gate = rowsOf(tensor('experts.gate'), expert * inner, inner);
    const up = rowsOf(tensor('experts.up'), expert * inner, inner);
    const down = rowsOf(tensor('experts.down'), expert * x.length, x.length);
    add(sum, swiglu(gate, up, down, x), weights[place]);
  });
  if (sharedInnerLength === 0) return sum;
  return add(
    sum,
    swiglu(tensor('sharedExpert.gate'), tensor('sharedExpert.up'), tensor('sharedExpert.down'), x),
  );
}
