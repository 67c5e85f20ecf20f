/** One level of indentation: a tab, or so many spaces. */
export type IndentUnit = '\t' | number;

/** The white space that a line begins with. */
export function indentOf(line: string): string {
  return /^[ \t]*/u.exec(line)?.[0] ?? '';
}

export const isBlank = (line: string): boolean => line.trim() === '';

/** What all lines that are not blank begin with. */
export function commonIndent(lines: readonly string[]): string {
  let common: string | undefined;
  for (const line of lines) {
    if (isBlank(line)) continue;
    const indent = indentOf(line);
    if (common === undefined) {
      common = indent;
      continue;
    }
    let length = 0;
    while (length < common.length && common[length] === indent[length]) length += 1;
    common = common.slice(0, length);
  }
  return common ?? '';
}

/**
 * By how much lines are indented from one level to the next: the step that occurs most often. One space is no step (the stars of a
 * comment block are). Undefined where no line is deeper than the one before, or tabs and spaces are mixed.
 */
export function indentUnit(lines: readonly string[]): IndentUnit | undefined {
  const indents = lines.filter((line) => !isBlank(line)).map(indentOf);
  const tabs = indents.some((indent) => indent.includes('\t'));
  if (tabs) return indents.every((indent) => !indent.includes('  ')) ? '\t' : undefined;
  const steps = new Map<number, number>();
  indents.forEach((indent, i) => {
    const step = indent.length - (indents[i - 1] ?? '').length;
    if (i > 0 && step > 1) steps.set(step, (steps.get(step) ?? 0) + 1);
  });
  const [most] = [...steps].toSorted(([a, countA], [b, countB]) => countB - countA || a - b);
  return most?.[0];
}

export const indentText = (unit: IndentUnit): string => (unit === '\t' ? '\t' : ' '.repeat(unit));
