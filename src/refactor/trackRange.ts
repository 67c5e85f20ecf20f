/** A change of a document, as VS Code tells it: this many UTF-16 units from `offset` on became `text`. */
export interface DocumentChange {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

export interface TrackedRange {
  readonly start: number;
  readonly end: number;
  /** Whether a change reached inside, so that what stands there is no longer what it was. The range then encloses the change. */
  readonly touched: boolean;
}

/**
 * A range after changes of its document, which come one after the other, each in the text that the ones before it left. VS Code's
 * `contentChanges` of one event are that, in the order in which it gives them (from the end of the document to its beginning).
 *
 * Text that is put at either end of the range is outside of it. What is taken away up to an end is outside too.
 */
export function trackRange(range: TrackedRange, changes: readonly DocumentChange[]): TrackedRange {
  return changes.reduce(afterChange, range);
}

function afterChange({ start, end, touched }: TrackedRange, change: DocumentChange): TrackedRange {
  const changeEnd = change.offset + change.length;
  const grown = change.text.length - change.length;
  if (changeEnd <= start) return { start: start + grown, end: end + grown, touched };
  if (change.offset >= end) return { start, end, touched };
  return {
    start: Math.min(start, change.offset),
    end: Math.max(end, changeEnd) + grown,
    touched: true,
  };
}
