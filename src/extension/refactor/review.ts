import { applyHunks, type Hunk, hunkPlaces, type HunkPlace, hunksOf } from '../../refactor/hunks.ts';

export type Decision = 'accepted' | 'rejected';

/**
 * A proposal under review: what stood in the range when the hunks were made, what shall stand there, and what was decided of each hunk
 * so far. At any time the range holds the original with the accepted hunks applied (`currentText`); if it does not, somebody else
 * has changed it.
 */
export interface Review {
  readonly original: string;
  readonly proposed: string;
  readonly hunks: readonly Hunk[];
  /** By the hunk's id; a hunk that is not here waits. */
  readonly decisions: ReadonlyMap<string, Decision>;
  /** Earlier decisions, newest last: an undo in the editor brings one of them back. */
  readonly earlier: readonly ReadonlyMap<string, Decision>[];
}

export function newReview(original: string, proposed: string): Review {
  return { original, proposed, hunks: hunksOf(original, proposed), decisions: new Map(), earlier: [] };
}

/**
 * The review as it is in a document whose line endings may have become others, as the editor's status bar changes them. VS Code keeps
 * one kind in a document. What was decided stays: a hunk is named after its line.
 */
export function withLineEndings(review: Review, document: string): Review {
  const { original, proposed } = review;
  const ending = document.includes('\r\n') ? '\r\n' : '\n';
  const converted = (text: string): string => text.replaceAll(/\r?\n/gu, ending);
  if (converted(original) === original && converted(proposed) === proposed) return review;
  const { decisions, earlier } = review;
  return { ...newReview(converted(original), converted(proposed)), decisions, earlier };
}

export function acceptedIds(decisions: ReadonlyMap<string, Decision>): ReadonlySet<string> {
  return new Set([...decisions].filter(([, decision]) => decision === 'accepted').map(([id]) => id));
}

/** What the range holds when nobody else has changed it. */
export function currentText(review: Review): string {
  return applyHunks(review.original, review.hunks, acceptedIds(review.decisions));
}

/** What the range would hold if all that waits were accepted. */
export function acceptedText(review: Review): string {
  const waiting = pendingHunks(review).map(({ id }) => id);
  return applyHunks(review.original, review.hunks, new Set([...acceptedIds(review.decisions), ...waiting]));
}

export function pendingHunks({ hunks, decisions }: Review): readonly Hunk[] {
  return hunks.filter(({ id }) => !decisions.has(id));
}

/** Where the hunks that wait stand in `currentText`. */
export function pendingPlaces(review: Review): readonly HunkPlace[] {
  return hunkPlaces(review.original, review.hunks, acceptedIds(review.decisions)).filter(
    ({ hunk }) => !review.decisions.has(hunk.id),
  );
}

/** Decides some of the hunks that wait; ids that do not wait are passed over. */
export function decide(review: Review, ids: readonly string[], decision: Decision): Review {
  const waiting = new Set(pendingHunks(review).map(({ id }) => id));
  const decided = ids.filter((id) => waiting.has(id));
  if (decided.length === 0) return review;
  return {
    ...review,
    decisions: new Map([...review.decisions, ...decided.map((id) => [id, decision] as const)]),
    earlier: [...review.earlier, review.decisions],
  };
}

/** A review and where its range begins in the document. */
export interface PlacedReview {
  readonly review: Review;
  readonly start: number;
}

/**
 * Finds the range of a review again after its document has changed: with the decisions that it has, or with earlier ones (or later
 * ones, of a redo), whichever say most of what stands there.
 * @param starts where the range may begin, in UTF-16 units; the likeliest first
 * @returns undefined where somebody else has changed what stands in the range
 */
export function follow(
  review: Review,
  document: string,
  starts: readonly number[],
): PlacedReview | undefined {
  const candidates = [review.decisions, ...[...review.earlier].reverse()].map((decisions) => {
    const candidate =
      decisions === review.decisions
        ? review
        : { ...review, decisions, earlier: [...review.earlier, review.decisions] };
    return { candidate, text: currentText(candidate) };
  });
  // A text that only adds lines to another one stands wherever it stands, so the longer one says more.
  candidates.sort((a, b) => b.text.length - a.text.length);
  for (const { candidate, text } of candidates) {
    const start = starts.find((each) => standsAt(document, text, each));
    if (start !== undefined) return { review: candidate, start };
  }
  return undefined;
}

/** Whether a text stands at a place of a document as whole lines. */
export function standsAt(document: string, text: string, at: number): boolean {
  const end = at + text.length;
  return (
    at >= 0 &&
    document.startsWith(text, at) &&
    (at === 0 || document[at - 1] === '\n' || document[at - 1] === '\r') &&
    (end === document.length || document[end] === '\n' || document[end] === '\r' || text.endsWith('\n'))
  );
}

/** What remains of a review after somebody else has changed its range. */
export interface Settled {
  /** Over the text that stands there now. */
  readonly review: Review;
  /** How many hunks that waited are gone: what they change is no longer there. */
  readonly dropped: number;
}

/**
 * Keeps what others wrote, and of the hunks that wait those whose lines, and the lines they would stand between, were left alone.
 * @param text what stands in the range now
 */
export function settle(review: Review, text: string): Settled {
  const before = currentText(review);
  const waiting = pendingPlaces(review);
  const theirs = hunksOf(before, text);
  const beforePlaces = hunkPlaces(before, theirs, new Set());
  const kept = waiting.filter(({ start, end }) =>
    beforePlaces.every((other) => other.end < start || end < other.start),
  );
  // From the end on, so that earlier places stay where they are.
  const proposed = [...kept].reverse().reduce((result, { hunk, start, end }) => {
    const moved = shift(beforePlaces, start);
    return result.slice(0, start + moved) + hunk.proposedLines.join('') + result.slice(end + moved);
  }, text);
  return { review: newReview(text, proposed), dropped: waiting.length - kept.length };
}

/** By how much the changes before a place have moved it. */
function shift(changes: readonly HunkPlace[], place: number): number {
  return changes
    .filter(({ end }) => end < place)
    .reduce((sum, { hunk }) => sum + length(hunk.proposedLines) - length(hunk.originalLines), 0);
}

const length = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + line.length, 0);
