import type { ReasoningOptions } from '../protocol/generation.ts';

/** A model that was never taught to think does not know when to stop. */
const FORCED_BUDGET = 512;

/**
 * How many tokens a thought may take; 0 is no limit. What the user says holds. Without that, a model that opens
 * its thought by itself also closes it and has no limit, and a forced one gets 512 tokens, but leaves at
 * least half of the reply to the answer.
 * @param replyTokens what the whole reply may take
 */
export function thoughtBudget(reasoning: ReasoningOptions, forced: boolean, replyTokens: number): number {
  if (reasoning.budgetTokens !== undefined) return reasoning.budgetTokens;
  return forced ? Math.max(1, Math.min(FORCED_BUDGET, Math.floor(replyTokens / 2))) : 0;
}
