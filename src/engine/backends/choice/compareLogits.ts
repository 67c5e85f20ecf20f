import type { LogitAgreement } from '../../../protocol/backends.ts';

/** What the tests of our kernels allow a product of quantized weights: squared error as a share of the result's squares. */
const ERROR_OF_PRODUCT = 5e-4;
/**
 * The longest way through a layer: query, key and value; output; gate and up; down. What a layer adds to the residual stream
 * has the errors of the products before it, and the stream those of all its layers: in squares, where they are
 * independent, they add up.
 */
const PRODUCTS_IN_ROW = 4;
/**
 * Of the positions, that may lie further away. Experts are chosen by rank, so that rounding can send a token to
 * another one where two are nearly even: that position then differs by more than rounding.
 */
const OUTLIERS = 0.1;

/**
 * The error that a backend's logits may have for it to count as right. Both sides round, hence twice that of one; a mistake
 * (a token at the wrong position, a wrong expert, a scale left out) costs about as much as the logits' own variance, 1.
 */
export function errorLimit({ layers }: { readonly layers: readonly unknown[] }): number {
  return 2 * ERROR_OF_PRODUCT * (PRODUCTS_IN_ROW * layers.length + 1);
}

/** Whether logits count as the reference's. */
export function agrees({ error, limit }: LogitAgreement): boolean {
  return error !== null && error <= limit;
}

/**
 * Compares `[positions, vocabulary]` with the reference's. A shift of all logits of a position means nothing and costs nothing.
 * What is no number counts as a disagreement.
 */
export function compareLogits(
  reference: Float32Array,
  logits: Float32Array,
  { positions, limit }: { readonly positions: number; readonly limit: number },
): LogitAgreement {
  const vocabulary = reference.length / positions;
  if (logits.length !== reference.length) {
    return { positions, error: null, limit, divergence: null, sameTop: 0 };
  }
  const errors: number[] = [];
  let [divergence, sameTop] = [0, 0];
  for (let position = 0; position < positions; position++) {
    const p = reference.subarray(position * vocabulary, (position + 1) * vocabulary);
    const q = logits.subarray(position * vocabulary, (position + 1) * vocabulary);
    errors.push(relativeError(p, q));
    divergence += divergenceOf(p, q);
    if (top(p) === top(q)) sameTop++;
  }
  // NaN sorts nowhere; it is looked for.
  const isNumber = errors.every(Number.isFinite);
  errors.sort((a, b) => a - b);
  const error = isNumber ? (errors[Math.ceil((1 - OUTLIERS) * positions) - 1] ?? null) : null;
  return {
    positions,
    error,
    limit,
    divergence: Number.isFinite(divergence) ? divergence / positions : null,
    sameTop: sameTop / positions,
  };
}

/** Squares of the differences, as a share of the squares of the reference's distances from its mean. */
function relativeError(p: Float32Array, q: Float32Array): number {
  const [meanP, meanQ] = [mean(p), mean(q)];
  let [error, variance] = [0, 0];
  for (let i = 0; i < p.length; i++) {
    const own = (p[i] ?? NaN) - meanP;
    error += ((q[i] ?? NaN) - meanQ - own) ** 2;
    variance += own ** 2;
  }
  return error === 0 ? 0 : error / variance;
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** D(p || q) in nats, of the distributions that two logit vectors stand for. */
function divergenceOf(p: Float32Array, q: Float32Array): number {
  const [logP, logQ] = [logOfSum(p), logOfSum(q)];
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const log = (p[i] ?? NaN) - logP;
    sum += Math.exp(log) * (log - ((q[i] ?? NaN) - logQ));
  }
  return sum;
}

/** Logarithm of the sum of e^logit. */
function logOfSum(logits: Float32Array): number {
  const largest = logits[top(logits)] ?? NaN;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  return largest + Math.log(sum);
}

function top(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] ?? NaN) > (logits[best] ?? NaN)) best = i;
  return best;
}
