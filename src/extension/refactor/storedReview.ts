import * as v from 'valibot';
import { REFACTORING_IDS } from '../../refactor/refactoring.ts';
import { currentText, newReview, type Review, standsAt } from './review.ts';

/** Longer texts were never asked about: no model here reads them. */
const text = v.pipe(v.string(), v.maxLength(4_000_000));
const line = v.pipe(v.string(), v.maxLength(20_000));
const offset = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A review as it is kept on the disk, so that a reload or a crash loses none. Read back it is hostile until validated. */
export const StoredReview = v.object({
  version: v.literal(1),
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,100}$/u)),
  /** Milliseconds since 1970. */
  createdAt: v.number(),
  uri: line,
  path: line,
  languageId: line,
  title: line,
  instruction: text,
  refactoring: v.optional(v.picklist(REFACTORING_IDS)),
  /**
   * `writing` when the window closed before the answer was whole: then `answer` is what was written. `text` when it is to be read, as
   * was asked for; what was proposed is the original then.
   */
  status: v.picklist(['writing', 'reviewing', 'text', 'rejected']),
  /** Why it was rejected, or broke off. */
  reason: v.optional(line),
  original: text,
  proposed: text,
  decisions: v.array(v.tuple([line, v.picklist(['accepted', 'rejected'])])),
  /** What the user was told of the proposal. */
  notes: v.optional(v.pipe(v.array(line), v.maxLength(20))),
  /** The answer's name among the traces. Absent: the review's own. */
  requestId: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,110}$/u))),
  thought: text,
  answer: text,
  hasTrace: v.boolean(),
  /** Where the range begins in the document, and the SHA-256 of the document's text then. */
  start: offset,
  documentHash: line,
});
export type StoredReview = v.InferOutput<typeof StoredReview>;

/** Undefined for what is not one of ours: broken JSON, another version, decisions about hunks that are not there. */
export function parseStoredReview(json: string): StoredReview | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(StoredReview, value);
  if (!parsed.success) return undefined;
  const stored = parsed.output;
  const known = new Set(newReview(stored.original, stored.proposed).hunks.map(({ id }) => id));
  return stored.decisions.every(([id]) => known.has(id)) ? stored : undefined;
}

export function reviewOf({ original, proposed, decisions }: StoredReview): Review {
  return { ...newReview(original, proposed), decisions: new Map(decisions) };
}

/**
 * Where a stored review's range is in a document now: where it was when the document is the same, else where its text stands, if it
 * stands there once as whole lines. Undefined when it is not there any more.
 */
export function placeOf(
  stored: StoredReview,
  document: string,
  hash: (text: string) => string,
): number | undefined {
  const expected = currentText(reviewOf(stored));
  if (standsAt(document, expected, stored.start) && hash(document) === stored.documentHash)
    return stored.start;
  const places: number[] = [];
  for (
    let at = document.indexOf(expected);
    at >= 0 && expected !== '';
    at = document.indexOf(expected, at + 1)
  ) {
    if (standsAt(document, expected, at)) places.push(at);
    if (places.length > 1) return undefined;
  }
  return places[0];
}
