import { createHash } from 'node:crypto';
import type { EditTarget } from '../../refactor/editTarget.ts';
import type { RefactorTask } from './refactorTask.ts';
import { currentText, type Review } from './review.ts';
import type { SessionPhase } from './sessionPhase.ts';
import type { SessionReply } from './sessionReply.ts';
import { placeOf, reviewOf, type StoredReview } from './storedReview.ts';

/** What of a session is kept on the disk. */
export interface SessionToStore {
  readonly task: RefactorTask;
  readonly phase: SessionPhase;
  readonly reply: SessionReply;
  readonly review: Review;
  /** Where the range begins, in UTF-16 units of the document. */
  readonly start: number;
  readonly document: string;
}

export function storedSession({ task, phase, reply, review, start, document }: SessionToStore): StoredReview {
  const { id, createdAt, uri, path, languageId, title, instruction, refactoring } = task;
  const { requestId, thought, answer, hasTrace } = reply;
  return {
    version: 1,
    id,
    createdAt,
    uri,
    path,
    languageId,
    title,
    instruction,
    ...(refactoring === undefined ? {} : { refactoring }),
    status: statusOf(phase),
    ...(phase.kind === 'rejected'
      ? { reason: phase.reason }
      : phase.kind === 'failed'
        ? { reason: phase.message }
        : {}),
    original: review.original,
    proposed: review.proposed,
    decisions: [...review.decisions],
    ...(phase.kind === 'reviewing' && phase.notes.length > 0 ? { notes: [...phase.notes] } : {}),
    requestId,
    thought,
    answer,
    hasTrace,
    start,
    documentHash: hashOf(document),
  };
}

/** The range of a stored review in a document that still holds its text; undefined where it does not. */
export function storedTarget(stored: StoredReview, document: string): EditTarget | undefined {
  const start = placeOf(stored, document, hashOf);
  if (start === undefined) return undefined;
  const { length } = currentText(reviewOf(stored));
  return { languageId: stored.languageId, document, start, end: start + length };
}

function statusOf({ kind }: SessionPhase): StoredReview['status'] {
  return kind === 'reviewing' || kind === 'writing' || kind === 'text' ? kind : 'rejected';
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
