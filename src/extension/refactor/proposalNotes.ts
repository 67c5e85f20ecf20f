import { adjustmentSentence } from '../../refactor/adjustmentSentence.ts';
import type { AcceptedEdit } from '../../refactor/judgeAnswer.ts';

/** What the user is told of a proposal: by which fallback it became an edit, and what was not checked. */
export function proposalNotes({ adjustments, syntax }: AcceptedEdit): readonly string[] {
  const sentences = adjustments.map(adjustmentSentence).filter((sentence) => sentence !== undefined);
  return syntax.kind === 'unchecked' ? [...sentences, syntax.sentence] : sentences;
}
