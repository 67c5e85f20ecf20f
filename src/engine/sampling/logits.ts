import { GlassboxError } from '../../protocol/errors.ts';

/**
 * Index of the largest logit; the lowest such index when there are several.
 * @throws GlassboxError `runtime/failed` when a logit is NaN or infinite
 */
export function argmax(logits: Float32Array): number {
  let best = 0;
  let max = -Infinity;
  // Stays 0 for finite numbers and becomes NaN with the first other one: cheaper than a test for each.
  let check = 0;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] ?? 0;
    check += logit * 0;
    if (logit > max) {
      max = logit;
      best = id;
    }
  }
  if (check !== 0) throw notFinite(logits);
  return best;
}

function notFinite(logits: Float32Array): GlassboxError {
  const token = logits.findIndex((logit) => !Number.isFinite(logit));
  return new GlassboxError(
    'runtime/failed',
    `The model's output is broken: its score for token ${token} is ${logits[token]}, not a finite number. ` +
      'The model file may be damaged; load it again, and if that does not help, download it again.',
  );
}
