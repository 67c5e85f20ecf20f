import { softmax } from '../../support/matrix.ts';
import { SINGLE_ROUNDING } from './numericBounds.ts';

export interface Attended {
  readonly output: Float64Array;
  /** How far a single precision result may be away; see `attend`. */
  readonly bounds: Float64Array;
}

/**
 * The plain twin: one query over `keys` and `values` `[positions, dimensions]`, in double precision.
 *
 * The bound: a score is right to `(dimensions + 3)` roundings of the sum of its products' magnitudes, s. An exponential then
 * to `2 s` (its own score's error and the largest one's) and, as exp is right to 3 + 2 |x| units in the last place (WGSL,
 * 15.7.4), to twice that many roundings, which the corrections of an online softmax can double. A weight is a quotient of
 * such, so twice; sums over the positions add one rounding each. All is relative to the weighted magnitudes of the values.
 * @param tileRounding of keys and values that go through half precision on the way
 */
export function attend(
  query: Float32Array,
  keys: (position: number) => Float32Array,
  values: (position: number) => Float32Array,
  positions: number,
  scale: number,
  tileRounding: number,
): Attended {
  const scores: number[] = [];
  let scoreError = 0;
  for (let p = 0; p < positions; p++) {
    let sum = 0;
    let magnitude = 0;
    keys(p).forEach((value, i) => {
      const term = scale * value * (query[i] ?? 0);
      sum += term;
      magnitude += Math.abs(term);
    });
    scores.push(sum);
    scoreError = Math.max(scoreError, magnitude * ((query.length + 3) * SINGLE_ROUNDING + tileRounding));
  }
  const range = Math.max(...scores) - Math.min(...scores);
  const weightError = 4 * scoreError + 4 * (2 * range + 8) * 2 * SINGLE_ROUNDING;
  const relative = weightError + (2 * positions + 16) * SINGLE_ROUNDING + tileRounding;
  const weights = softmax(scores);
  const dimensions = values(0).length;
  const output = new Float64Array(dimensions);
  const magnitude = new Float64Array(dimensions);
  weights.forEach((weight, p) => {
    values(p).forEach((value, i) => {
      output[i] = (output[i] ?? 0) + weight * value;
      magnitude[i] = (magnitude[i] ?? 0) + weight * Math.abs(value);
    });
  });
  return { output, bounds: magnitude.map((size) => size * relative) };
}
