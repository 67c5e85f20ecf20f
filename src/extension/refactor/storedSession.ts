import { createHash } from 'node:crypto';
import type { EditTarget } from '../../refactor/editTarget.ts';
import { refactoringOf } from '../../refactor/refactoring.ts';
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
  const { requestId, thought, answer, hasTrace } = reply;
  return {
    version: 1,
    ...askedFor(task),
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

/** What the user asked for, when it was stored. */
export function storedTask(stored: StoredReview): RefactorTask {
  const { refactoring } = stored;
  const answer = refactoring === undefined ? 'edit' : refactoringOf(refactoring).answer;
  return { ...askedFor(stored), answer, problems: [] };
}

/** The range of a stored review in a document that still holds its text; undefined where it does not. */
export function storedTarget(stored: StoredReview, document: string): EditTarget | undefined {
  const start = placeOf(stored, document, hashOf);
  if (start === undefined) return undefined;
  const { length } = currentText(reviewOf(stored));
  return { languageId: stored.languageId, document, start, end: start + length };
}

type AskedFor = Pick<
  RefactorTask,
  'id' | 'createdAt' | 'uri' | 'path' | 'languageId' | 'title' | 'instruction' | 'refactoring'
>;

/** What a task and its stored review have in common. */
function askedFor(from: Omit<AskedFor, 'refactoring'> & Pick<StoredReview, 'refactoring'>): AskedFor {
  const { id, createdAt, uri, path, languageId, title, instruction, refactoring } = from;
  return {
    ...{ id, createdAt, uri, path, languageId, title, instruction },
    ...(refactoring === undefined ? {} : { refactoring }),
  };
}

function statusOf({ kind }: SessionPhase): StoredReview['status'] {
  return kind === 'reviewing' || kind === 'writing' || kind === 'text' ? kind : 'rejected';
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
