import type { Replacement } from '../editTarget.ts';
import type { SyntaxError } from './syntaxCheck.ts';

/**
 * The errors of a document after an edit that were not there before. One is old if before there was the same
 *
 * - at the same place, which an edit above it moves; or
 * - anywhere across the edited piece, each counting for one: a file that is broken there may stay as broken as it was.
 */
export function newErrors(
  before: readonly SyntaxError[],
  after: readonly SyntaxError[],
  { start, end, text }: Replacement,
): readonly SyntaxError[] {
  const grown = text.length - (end - start);
  const known = new Map<string, number>();
  const count = (key: string, by: number): void => {
    known.set(key, (known.get(key) ?? 0) + by);
  };
  const keyOf = (error: SyntaxError, editEnd: number, moved: number): string => {
    if (error.end <= start) return `${error.missing ?? ''} ${error.start} ${error.end}`;
    if (error.start >= editEnd) return `${error.missing ?? ''} ${error.start - moved} ${error.end - moved}`;
    return `${error.missing ?? ''} across`;
  };
  for (const error of before) count(keyOf(error, end, 0), 1);
  return after.filter((error) => {
    const key = keyOf(error, start + text.length, grown);
    if ((known.get(key) ?? 0) === 0) return true;
    count(key, -1);
    return false;
  });
}
