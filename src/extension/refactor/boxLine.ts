export interface BoxPlace {
  /** The lines that are meant. */
  readonly first: number;
  readonly last: number;
  readonly cursor: number;
  readonly isSeen: (line: number) => boolean;
}

/** Below which line a box is in sight: below the lines that are meant; or else above them; or else at the cursor, among them. */
export function boxLine({ first, last, cursor, isSeen }: BoxPlace): number {
  if (isSeen(last)) return last;
  if (first > 0 && isSeen(first - 1)) return first - 1;
  return Math.min(Math.max(cursor, first), last);
}
