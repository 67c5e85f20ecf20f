import type { Conversation } from '../../protocol/conversation.ts';
import { fence } from '../../reasoning/prompts/fence.ts';
import { currentPath } from './conversationTree.ts';

/**
 * The shown branch of a conversation as a Markdown document. Thoughts are left out unless the user asked for
 * them; then each is a closed `<details>`.
 */
export function exportMarkdown(
  conversation: Conversation,
  options: { readonly withThoughts: boolean },
): string {
  const parts = [`# ${conversation.title === '' ? 'Glassbox' : conversation.title}`];
  for (const node of currentPath(conversation)) {
    if (node.kind === 'question') {
      parts.push('## Question', ...node.attachments.map(({ content }) => content), node.text);
      continue;
    }
    parts.push('## Answer');
    if (options.withThoughts && node.thought.trim() !== '') {
      // Fenced, so that nothing a model thought can close the <details> or run as HTML.
      parts.push(
        `<details>\n<summary>Thought (${node.thoughtTokens} tokens)</summary>`,
        fence(node.thought.trim(), 'text'),
        '</details>',
      );
    }
    if (node.answer.trim() !== '') parts.push(node.answer.trim());
    if (node.error !== undefined) parts.push(`> ${node.error.replaceAll(/\s*\n\s*/gu, ' ')}`);
  }
  return `${parts.join('\n\n')}\n`;
}
