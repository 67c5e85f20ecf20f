import { GlassboxError } from '../protocol/errors.ts';
import type { ChatMessage, ContextOverflow, ReasoningMode } from '../protocol/generation.ts';
import type { ChatPrompts } from './chatPrompts.ts';

/**
 * The error for a prompt that does not fit, with what would have to go: the oldest turns, as few as possible, so
 * that what stays begins with a question. System messages stay.
 */
export async function contextOverflow(
  prompts: ChatPrompts,
  messages: readonly ChatMessage[],
  mode: ReasoningMode,
  size: Pick<ContextOverflow, 'promptTokens' | 'capacity' | 'reservedTokens'>,
): Promise<GlassboxError> {
  const starts = messages.flatMap(({ role }, index) => (role === 'user' && index > 0 ? [index] : []));
  const tokensFrom = async (start: number): Promise<number> => {
    const kept = messages.filter(({ role }, index) => role === 'system' || index >= start);
    return (await prompts.prompt(kept, mode)).tokens.length;
  };
  const fits = (tokens: number): boolean => tokens + size.reservedTokens <= size.capacity;

  // Fewer messages never take more tokens, so the first start that fits is found by halving.
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(await tokensFrom(starts[middle] ?? 0))) high = middle;
    else low = middle + 1;
  }
  const keepFrom = starts[low] ?? starts.at(-1) ?? 0;
  const keptTokens = keepFrom === 0 ? size.promptTokens : await tokensFrom(keepFrom);
  const droppedMessages = messages.filter(({ role }, index) => role !== 'system' && index < keepFrom).length;
  const details: ContextOverflow = {
    ...size,
    keepFrom,
    droppedMessages,
    droppedTokens: size.promptTokens - keptTokens,
    canFit: fits(keptTokens),
  };
  return new GlassboxError('context/overflow', describe(details), details);
}

function describe(overflow: ContextOverflow): string {
  const problem =
    `The conversation takes ${overflow.promptTokens} tokens, and with ${overflow.reservedTokens} kept free for the ` +
    `reply that is more than the context of ${overflow.capacity}.`;
  return overflow.canFit
    ? `${problem} Without its oldest ${overflow.droppedMessages} messages (${overflow.droppedTokens} tokens) it fits.`
    : `${problem} The last message alone is too long: shorten it, detach some context, or load the model with a larger context.`;
}
