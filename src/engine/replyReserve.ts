/**
 * Tokens of the context that a prompt may not take, so that a question is never accepted which leaves no room
 * to answer: a quarter of the capacity, at most 512, and no more than the reply may have.
 */
export function replyReserve(capacity: number, maxTokens: number | undefined): number {
  return Math.min(512, Math.floor(capacity / 4), maxTokens ?? Number.POSITIVE_INFINITY);
}
