import type { ConversationNode } from '../../protocol/conversation.ts';
import type { ChatMessage } from '../../protocol/generation.ts';
import { renderQuestion } from './attachments.ts';

/** A message of the prompt and the nodes that it was made of. */
export interface PromptMessage {
  readonly message: ChatMessage;
  readonly nodeIds: readonly string[];
}

/**
 * The messages of a path through a conversation, thoughts left out. An answer that broke off before its first
 * word gives no message; templates want the roles to alternate, so the questions around it become one message
 * and nothing that the user wrote is lost.
 *
 * @param fromId the first node to send, when the user agreed to drop what is before it.
 */
export function promptMessages(path: readonly ConversationNode[], fromId?: string): readonly PromptMessage[] {
  const start =
    fromId === undefined
      ? 0
      : Math.max(
          0,
          path.findIndex(({ id }) => id === fromId),
        );
  const messages: PromptMessage[] = [];
  for (const node of path.slice(start)) {
    const role = node.kind === 'question' ? 'user' : 'assistant';
    const content = node.kind === 'question' ? renderQuestion(node) : node.answer.trim();
    if (role === 'assistant' && content === '') continue;
    const last = messages.at(-1);
    if (last?.message.role === role) {
      messages[messages.length - 1] = {
        message: { role, content: `${last.message.content}\n\n${content}` },
        nodeIds: [...last.nodeIds, node.id],
      };
    } else {
      messages.push({ message: { role, content }, nodeIds: [node.id] });
    }
  }
  return messages;
}
