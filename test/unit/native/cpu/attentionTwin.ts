import { rotate } from '../../../support/referenceRope.ts';
import { halfValue, type AttentionCache, type AttentionShape } from './attentionOperator.ts';

type Heads = readonly Float64Array[];

/** Keys and values that tokens from position 0 on bring, by position and head, in double precision. */
export function enteredTwin(
  shape: AttentionShape,
  x: Float32Array,
): { readonly keys: readonly Heads[]; readonly values: readonly Heads[] } {
  const tokens = tokensOf(shape, x);
  return {
    keys: tokens.map(({ keys }, position) => keys.map((key) => turned(shape, key, shape.keyNorm, position))),
    values: tokens.map(({ values }) => values),
  };
}

/**
 * y of the token at `position`, of tokens from position 0 on, with the keys and values that `cache` holds, in double precision; and how far single
 * precision may be from it.
 *
 * A score is a sum of d products, each of which and each partial sum is rounded to 2^-24, and a turned query has some more
 * roundings (a norm as many as terms): |error| <= (2 d + 8) 2^-24 sum |q k| = e. That changes weights by a factor between
 * exp(-2 e) and exp(2 e), as does the exponential by its 2^-21; sums over n keys add n 2^-24 of the largest value, and
 * merging a few blocks a few.
 */
export function attendedTwin(
  shape: AttentionShape,
  x: Float32Array,
  cache: AttentionCache,
  position: number,
): { readonly expected: number[]; readonly tolerance: number[] } {
  const { queryHeads, kvHeads, headDim, scale } = shape;
  const expected: number[] = [];
  const tolerance: number[] = [];
  const columns = (queryHeads + 2 * kvHeads) * headDim;
  const [token] = tokensOf(shape, x.subarray(position * columns, (position + 1) * columns));
  for (const [head, plain] of (token?.queries ?? []).entries()) {
    const kvHead = Math.floor(head / (queryHeads / kvHeads));
    const query = turned(shape, plain, shape.queryNorm, position);
    const scores: number[] = [];
    let magnitude = 0;
    for (let key = 0; key <= position; key++) {
      let [score, size] = [0, 0];
      query.forEach((value, i) => {
        const product = value * scale * halfValue(cache.keyAt(kvHead, key, i));
        score += product;
        size += Math.abs(product);
      });
      scores.push(score);
      magnitude = Math.max(magnitude, size);
    }
    const largest = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - largest));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const scoreError = (2 * headDim + 8) * 2 ** -24 * magnitude;
    const relative = Math.expm1(4 * scoreError + 2 ** -20) + (2 * position + 32) * 2 ** -24;
    for (let i = 0; i < headDim; i++) {
      let [sum, size] = [0, 0];
      for (const [key, weight] of weights.entries()) {
        const value = halfValue(cache.valueAt(kvHead, key, i));
        sum += (weight * value) / total;
        size += (weight * Math.abs(value)) / total;
      }
      expected.push(sum);
      tolerance.push(relative * size);
    }
  }
  return { expected, tolerance };
}

interface TokenHeads {
  readonly queries: Heads;
  readonly keys: Heads;
  readonly values: Heads;
}

function tokensOf({ queryHeads, kvHeads, headDim }: AttentionShape, x: Float32Array): TokenHeads[] {
  const heads = queryHeads + 2 * kvHeads;
  return Array.from({ length: x.length / (heads * headDim) }, (_, token) => {
    const all = Array.from({ length: heads }, (_, head) =>
      Float64Array.from(x.subarray((token * heads + head) * headDim, (token * heads + head + 1) * headDim)),
    );
    return {
      queries: all.slice(0, queryHeads),
      keys: all.slice(queryHeads, queryHeads + kvHeads),
      values: all.slice(queryHeads + kvHeads),
    };
  });
}

function turned(
  { rope, epsilon }: AttentionShape,
  head: Float64Array,
  norm: Float32Array | undefined,
  position: number,
): Float64Array {
  if (!norm) return rotate(head, position, rope);
  const mean = head.reduce((sum, value) => sum + value * value, 0) / head.length;
  const normed = head.map((value, i) => (value / Math.sqrt(mean + epsilon)) * (norm[i] ?? NaN));
  return rotate(normed, position, rope);
}
