import type { ConversationNode } from '../../protocol/conversation.ts';

/** What was asked, by the id of each answer. */
export function answeredQuestions(nodes: readonly ConversationNode[]): Record<string, string> {
  const texts = new Map(nodes.flatMap((node) => (node.kind === 'question' ? [[node.id, node.text]] : [])));
  return Object.fromEntries(
    nodes.flatMap((node) => (node.kind === 'answer' ? [[node.id, texts.get(node.parentId) ?? '']] : [])),
  );
}
