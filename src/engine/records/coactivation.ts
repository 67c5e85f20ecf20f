import type { Phase } from '../../protocol/records.ts';
import type { RoutingRing } from './routingRing.ts';
import type { RoutingShape } from './routingShape.ts';

/**
 * How many tokens chose expert a of one layer and expert b of another, `[experts, experts]`. Of a layer with itself: pairs
 * chosen together, with the layer's own counts in the diagonal. Layers are counted among those with experts.
 *
 * Counted when it is asked for: there are as many matrices as pairs of layers, and a screen shows one.
 */
export function coactivation(
  ring: RoutingRing,
  { experts, topK }: RoutingShape,
  [row, column]: readonly [number, number],
  phase?: Phase,
): Uint32Array {
  const counts = new Uint32Array(experts * experts);
  for (let index = 0; index < ring.length; index++) {
    if (phase !== undefined && ring.phase(index) !== phase) continue;
    const chosen = ring.experts(index);
    for (let i = row * topK; i < (row + 1) * topK; i++) {
      for (let j = column * topK; j < (column + 1) * topK; j++) {
        const at = (chosen[i] ?? 0) * experts + (chosen[j] ?? 0);
        counts[at] = (counts[at] ?? 0) + 1;
      }
    }
  }
  return counts;
}
