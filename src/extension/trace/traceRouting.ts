import type { GenerateResult } from '../../protocol/generation.ts';
import { unpackRouting } from '../../protocol/unpackRouting.ts';
import type { TraceRouting } from '../../reasoning/trace/trace.ts';

/**
 * The routing of a reply of `count` tokens by token; undefined where nothing was recorded. Yields after each page.
 * @throws RangeError when an array is not as long as the engine says
 */
export function* traceRouting(
  routing: GenerateResult['routing'],
  count: number,
): Generator<undefined, TraceRouting | undefined> {
  const shape = routing?.pages[0];
  if (!routing || !shape || count === 0) return undefined;
  const { layers, experts, topK } = shape;
  const choices = layers.length * topK;
  const chosen = new Uint16Array(count * choices);
  const weights = new Float32Array(count * choices);
  for (const result of routing.pages) {
    const page = unpackRouting(result);
    page.positions.forEach((position, entry) => {
      const token = position - routing.firstPosition;
      // What left the cache at these positions was an earlier thought.
      if (token < 0 || token >= count || page.evicted[entry] === true) return;
      chosen.set(page.chosen.subarray(entry * choices, (entry + 1) * choices), token * choices);
      weights.set(page.weights.subarray(entry * choices, (entry + 1) * choices), token * choices);
    });
    yield;
  }
  return { count, layers, experts, topK, chosen, weights };
}
