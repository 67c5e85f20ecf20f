import { rotate } from '../../../support/referenceRope.ts';
import { halfValue } from './attentionOperator.ts';
import type { LatentCache, LatentOperatorShape } from './latentOperator.ts';

/** `[latent, normed | key, rotated]` of the token at `position`, in double precision. `x`: tokens from position 0 on. */
export function latentRowTwin(shape: LatentOperatorShape, x: Float32Array, position: number): Float64Array {
  const { rank, rope, norm, epsilon } = shape;
  const { latent, key } = tokenOf(shape, x, position);
  const mean = latent.reduce((sum, value) => sum + value * value, 0) / rank;
  const normed = latent.map((value, i) => (value / Math.sqrt(mean + epsilon)) * (norm[i] ?? NaN));
  return Float64Array.of(...normed, ...rotate(key, position, rope));
}

/**
 * y of the token at `position`, of tokens from position 0 on, with what `cache` holds, in double precision; and how far single precision may be from it.
 *
 * A query in the latent space is a chain of p fused products, a score one of w of them, each rounded to 2^-24, and a rotated pair has
 * some roundings more: |error| <= (p + w + 8) 2^-24 of the sum of magnitudes = e. A weight over the sum of weights changes by a factor
 * between exp(-2 e) and exp(2 e), and by the exponential's 2^-21; sums over n keys add n 2^-24, merging a few blocks a few, and a
 * value is a chain of r products more.
 */
export function latentTwin(
  shape: LatentOperatorShape,
  x: Float32Array,
  cache: LatentCache,
  position: number,
): { readonly expected: number[]; readonly tolerance: number[] } {
  const { heads, rank, plainDim, rotaryDim, valueDim, rope, scale, keyUp, valueUp } = shape;
  const { queries } = tokenOf(shape, x, position);
  const expected: number[] = [];
  const tolerance: number[] = [];
  for (let head = 0; head < heads; head++) {
    const query = queries[head] ?? new Float64Array();
    const rotated = rotate(query.slice(plainDim), position, rope);
    // In the latent space, and how large what was added up is.
    const inside = new Float64Array(rank + rotaryDim);
    const magnitudes = new Float64Array(rank + rotaryDim);
    for (let row = 0; row < rank; row++) {
      for (let i = 0; i < plainDim; i++) {
        const product = (query[i] ?? NaN) * (keyUp[(head * rank + row) * plainDim + i] ?? NaN) * scale;
        inside[row] = (inside[row] ?? NaN) + product;
        magnitudes[row] = (magnitudes[row] ?? NaN) + Math.abs(product);
      }
    }
    rotated.forEach((value, i) => {
      inside[rank + i] = value * scale;
      magnitudes[rank + i] = Math.abs(value * scale);
    });
    const scores: number[] = [];
    let magnitude = 0;
    for (let key = 0; key <= position; key++) {
      let [score, size] = [0, 0];
      inside.forEach((value, i) => {
        const kept = halfValue(cache.keyAt(key, i));
        score += value * kept;
        size += (magnitudes[i] ?? NaN) * Math.abs(kept);
      });
      scores.push(score);
      magnitude = Math.max(magnitude, size);
    }
    const largest = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - largest));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const scoreError = (plainDim + inside.length + 8) * 2 ** -24 * magnitude;
    const relative = Math.expm1(2 * scoreError + 2 ** -20) + (2 * position + rank + 32) * 2 ** -24;
    const sums = Array.from({ length: rank }, (_, i) => {
      let [sum, size] = [0, 0];
      for (const [key, weight] of weights.entries()) {
        const kept = halfValue(cache.keyAt(key, i));
        sum += (weight * kept) / total;
        size += (weight * Math.abs(kept)) / total;
      }
      return { sum, size };
    });
    for (let row = 0; row < valueDim; row++) {
      let [value, size] = [0, 0];
      for (const [i, latent] of sums.entries()) {
        const weight = valueUp[(head * valueDim + row) * rank + i] ?? NaN;
        value += weight * latent.sum;
        size += Math.abs(weight) * latent.size;
      }
      expected.push(value);
      tolerance.push(relative * size);
    }
  }
  return { expected, tolerance };
}

function tokenOf(
  { heads, rank, plainDim, rotaryDim }: LatentOperatorShape,
  x: Float32Array,
  position: number,
): { readonly queries: readonly Float64Array[]; readonly latent: Float64Array; readonly key: Float64Array } {
  const headDim = plainDim + rotaryDim;
  const columns = heads * headDim + rank + rotaryDim;
  const row = Float64Array.from(x.subarray(position * columns, (position + 1) * columns));
  return {
    queries: Array.from({ length: heads }, (_, head) => row.slice(head * headDim, (head + 1) * headDim)),
    latent: row.slice(heads * headDim, heads * headDim + rank),
    key: row.slice(heads * headDim + rank),
  };
}
