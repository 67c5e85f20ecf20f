import type { Conversation } from '../../protocol/conversation.ts';

/**
 * Whether `text` is part of an answer of this conversation. White space is not compared: a code block inside a
 * list is shown without the list's indentation. A thought never reaches a document, so the page's word alone
 * is not enough to insert something.
 */
export function comesFromAnAnswer(conversation: Conversation, text: string): boolean {
  const wanted = withoutSpace(text);
  if (wanted === '') return false;
  return conversation.nodes.some(
    (node) => node.kind === 'answer' && withoutSpace(node.answer).includes(wanted),
  );
}

function withoutSpace(text: string): string {
  return text.replaceAll(/\s+/gu, '');
}
