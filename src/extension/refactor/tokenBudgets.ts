/** Refactored code is seldom longer than twice what it was; a short selection may grow by more. */
const growth = 2;
const fewestReplyTokens = 128;
/** Of an unlimited thought so much is planned for; it may take what the answer leaves. */
const plannedThoughtTokens = 2048;

/**
 * How a model's context is shared between the prompt and the reply to it. The reply has room for the selection twice and for the
 * thought, but never takes more than half of the context from the prompt.
 */
export function tokenBudgets(known: {
  /** Of the context. */
  readonly capacity: number;
  readonly selectionTokens: number;
  /** Most tokens of a thought; undefined for no limit. */
  readonly thoughtTokens: number | undefined;
}): { readonly prompt: number; readonly reply: number } {
  const { capacity, selectionTokens, thoughtTokens } = known;
  const wanted = selectionTokens * growth + fewestReplyTokens + (thoughtTokens ?? plannedThoughtTokens);
  const reply = Math.min(wanted, Math.floor(capacity / 2));
  return { prompt: capacity - reply, reply };
}
