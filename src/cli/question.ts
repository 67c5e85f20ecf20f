import { fence } from '../reasoning/prompts/fence.ts';

/** The question with what was piped in: code below the question, or the piped text alone as the question. */
export function composeQuestion(question: string, piped: string): string {
  const text = piped.replace(/^\uFEFF/, '').replace(/\s+$/, '');
  if (text.trim() === '') return question;
  if (question.trim() === '') return text;
  return `${question}\n\n${fence(text, '')}`;
}
