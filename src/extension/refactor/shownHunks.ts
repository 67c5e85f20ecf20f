import type { Hunk } from '../../refactor/hunks.ts';
import { pendingPlaces } from './review.ts';
import type { RefactorSession } from './refactorSession.ts';

/** A hunk as lines of the document as it is now; they count from 0. */
export interface ShownHunk {
  readonly hunk: Hunk;
  /** The first line that goes; for a hunk that only adds, the line that it comes before. */
  readonly line: number;
  /** How many lines go. */
  readonly removed: number;
}

/**
 * The changes to show of a session: those that wait, or those that the model has written so far.
 * @param lineAt the line of an offset in the document
 */
export function shownHunks(
  session: RefactorSession,
  lineAt: (offset: number) => number,
): readonly ShownHunk[] {
  const { phase, range } = session;
  if (session.isTouched) return [];
  if (phase.kind === 'writing') {
    const first = lineAt(range.start);
    return (phase.growing?.hunks ?? []).map((hunk) => ({
      hunk,
      line: first + hunk.originalStart,
      removed: hunk.originalLines.length,
    }));
  }
  if (phase.kind !== 'reviewing') return [];
  return pendingPlaces(phase.review).map(({ hunk, start }) => ({
    hunk,
    line: lineAt(range.start + start),
    removed: hunk.originalLines.length,
  }));
}

/** Whether a cursor stands at a hunk: on a line that goes, or on one of the two between which it adds. */
export function isAtHunk({ line, removed }: ShownHunk, cursor: number): boolean {
  return removed === 0 ? cursor === line || cursor === line - 1 : cursor >= line && cursor < line + removed;
}
