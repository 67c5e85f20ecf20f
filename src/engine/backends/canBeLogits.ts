/** Whether they are finite, and not all the same, as what a kernel that did not run left would be. */
export function canBeLogits(logits: Float32Array): boolean {
  let [least, most] = [Infinity, -Infinity];
  for (const logit of logits) {
    // NaN is neither.
    if (!(Math.abs(logit) < Infinity)) return false;
    if (logit < least) least = logit;
    if (logit > most) most = logit;
  }
  return least < most || logits.length === 1;
}
