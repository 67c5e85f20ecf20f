import { ropeFrequencies } from '../../src/models/rope.ts';
import type { RopeSpec } from '../../src/models/spec.ts';

/** Turns pairs of dimensions by `position * frequency`; which two make a pair is the layout's. */
export function rotate(head: Float64Array, position: number, rope: RopeSpec): Float64Array {
  const { inverse, magnitude } = ropeFrequencies(rope);
  const rotated = head.slice();
  inverse.forEach((frequency, pair) => {
    const [i, j] = rope.layout === 'interleaved' ? [2 * pair, 2 * pair + 1] : [pair, pair + inverse.length];
    const cos = magnitude * Math.cos(position * frequency);
    const sin = magnitude * Math.sin(position * frequency);
    const [a, b] = [head[i] ?? 0, head[j] ?? 0];
    rotated[i] = a * cos - b * sin;
    rotated[j] = a * sin + b * cos;
  });
  return rotated;
}
