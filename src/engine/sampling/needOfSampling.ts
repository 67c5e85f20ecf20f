import type { ResolvedSampling } from '../../protocol/generation.ts';
import { needOf } from './bestCandidates.ts';
import type { BestNeed } from './bestLogits.ts';

/** Which logits these ways to choose a token can do with; undefined: all of them. A penalty may change any of them. */
export function needOfSampling(sampling: Omit<ResolvedSampling, 'seed'>): BestNeed | undefined {
  return sampling.repetitionPenalty === 1 ? needOf(sampling) : undefined;
}
