import { ExpertCounts } from './expertCounts.ts';
import type { RoutingRing } from './routingRing.ts';
import type { RoutingShape } from './routingShape.ts';

/** Counts of one question's tokens, of those whose routing is held. */
export function questionCounts(ring: RoutingRing, shape: RoutingShape, question: number): ExpertCounts {
  const counts = new ExpertCounts(shape);
  for (let index = 0; index < ring.length; index++) {
    if (ring.question(index) === question) counts.add(ring.phase(index), ring.experts(index));
  }
  return counts;
}
