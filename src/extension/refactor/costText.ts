import type { GenerationTimings } from '../../protocol/generation.ts';
import type { Translate } from '../translate.ts';

/** What a refactoring cost, in a sentence or two: measured by the engine, guesses included. */
export function costText(t: Translate, timings: GenerationTimings): string {
  const { decodedTokens, decodeMs, promptTokens, reusedTokens, speculation } = timings;
  const speed = decodeMs > 0 ? (decodedTokens / decodeMs) * 1000 : 0;
  const cost = t(
    'The prompt has {0} tokens, {1} of them reused; {2} tokens were written, {3} tokens/s.',
    promptTokens,
    reusedTokens,
    decodedTokens,
    speed.toFixed(1),
  );
  if (speculation === undefined || speculation.drafted === 0) return cost;
  return `${cost} ${t('{0} of {1} tokens that were guessed ahead were right.', speculation.accepted, speculation.drafted)}`;
}
