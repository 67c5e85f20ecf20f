import { emptyConversation, withNode } from '../../../src/extension/chat/conversationTree.ts';
import { emptyAnswer } from '../../../src/extension/chat/liveAnswer.ts';
import type {
  AnswerNode,
  Conversation,
  ConversationNode,
  QuestionNode,
} from '../../../src/protocol/conversation.ts';

/** Nodes for tests: short to write, whole in their shape. */

export function question(id: string, parentId: string | null, text = `Question ${id}`): QuestionNode {
  return { kind: 'question', id, parentId, createdAt: 1, text, attachments: [] };
}

export function answer(id: string, parentId: string, text = ''): AnswerNode {
  return { ...emptyAnswer(id, parentId, 1), answer: text };
}

export function conversationOf(...nodes: readonly ConversationNode[]): Conversation {
  return nodes.reduce(withNode, emptyConversation('conversation', 1));
}

/** What `vscode.l10n.t` does for English. */
export function english(message: string, ...values: (string | number | boolean)[]): string {
  return message.replaceAll(/\{(\d+)\}/gu, (_, index: string) => String(values[Number(index)]));
}
