import type { QuestionNode } from '../../protocol/conversation.ts';

/** A piece of the workspace as the model reads it: kept with the question it was attached to. */
export type Attachment = QuestionNode['attachments'][number];

/** The user's turn as the model reads it: what is attached first, then the question. */
export function renderQuestion(question: Pick<QuestionNode, 'text' | 'attachments'>): string {
  return [...question.attachments.map(({ content }) => content), question.text].join('\n\n');
}
