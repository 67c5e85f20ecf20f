import { diagnosedAnswers } from '../../src/protocol/diagnosedAnswers.ts';
import type { DiagnosticsState } from '../../src/protocol/diagnostics.ts';

const LONGEST = 60;

/** What an answer is called: its number in the conversation, and what was asked. @param index among `diagnosedAnswers` */
export function answerName(
  state: DiagnosticsState,
  index: number,
): { readonly short: string; readonly long: string } {
  const { questions } = state;
  const { answers, first } = diagnosedAnswers(state);
  const short = `#${first + index + 1}`;
  const question = (questions[answers[index]?.requestId ?? ''] ?? '').replaceAll(/\s+/g, ' ').trim();
  const cut = question.length > LONGEST ? `${question.slice(0, LONGEST)}…` : question;
  return { short, long: cut === '' ? short : `${short} ${cut}` };
}
