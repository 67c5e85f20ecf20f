/** Lines of a document; they count from 0 and both are included. */
export interface LineSpan {
  readonly first: number;
  readonly last: number;
}

/**
 * The lines that a selection is about. One that ends at the start of a line does not mean that line: whole lines are selected that
 * way. Blank lines at both ends are left out.
 * @param lines of the document
 * @returns undefined where there are only blank lines
 */
export function wholeLines(
  lines: (line: number) => string,
  selection: { readonly startLine: number; readonly endLine: number; readonly endCharacter: number },
): LineSpan | undefined {
  let first = selection.startLine;
  let last =
    selection.endLine > selection.startLine && selection.endCharacter === 0
      ? selection.endLine - 1
      : selection.endLine;
  while (first <= last && lines(first).trim() === '') first++;
  while (last >= first && lines(last).trim() === '') last--;
  return first <= last ? { first, last } : undefined;
}

/** The lines around a line up to the next blank ones; undefined on a blank line. */
export function blockAround(lines: readonly string[], line: number): LineSpan | undefined {
  const isBlank = (at: number): boolean => (lines[at] ?? '').trim() === '';
  if (isBlank(line)) return undefined;
  let first = line;
  let last = line;
  while (first > 0 && !isBlank(first - 1)) first--;
  while (last < lines.length - 1 && !isBlank(last + 1)) last++;
  return { first, last };
}
