import type { ChatMessage } from '../../protocol/generation.ts';

/**
 * Whether `messages` begin with a later message of `before` than its first: the oldest were left out. System messages stay
 * when others are left out, and do not count.
 */
export function isHistoryDropped(before: readonly ChatMessage[], messages: readonly ChatMessage[]): boolean {
  const [oldest, ...later] = before.filter(isSpoken);
  const first = messages.find(isSpoken);
  return !isSame(first, oldest) && later.some((message) => isSame(first, message));
}

function isSame(left: ChatMessage | undefined, right: ChatMessage | undefined): boolean {
  return left?.role === right?.role && left?.content === right?.content;
}

function isSpoken({ role }: ChatMessage): boolean {
  return role !== 'system';
}
