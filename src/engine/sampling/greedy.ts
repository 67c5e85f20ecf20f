import type { ResolvedSampling } from '../../protocol/generation.ts';

/** The token that the model holds for the likeliest, whatever was said before. */
export const GREEDY: ResolvedSampling = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  repetitionWindow: 0,
  seed: 0,
};
