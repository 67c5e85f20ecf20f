import { type EditTarget, selectedText } from './editTarget.ts';

const normal = (text: string): string => text.replaceAll(/\r\n?/gu, '\n');

/**
 * The new text of the selection, where an answer is the whole file and what stands before and after the selection is the same to the
 * byte (line endings, and blank lines at the file's ends, aside). Undefined: it is not the whole file, or not the same.
 */
export function cutFromWholeFile(target: EditTarget, lines: readonly string[]): string | undefined {
  const before = normal(target.document.slice(0, target.start)).replace(/^(?:[ \t]*\n)+/u, '');
  const after = normal(target.document.slice(target.end)).trimEnd();
  if (before.trim() === '' && after.trim() === '') return undefined;
  const code = lines.join('\n');
  if (before.trim() === '' && holdsLessThan(2, after)) return undefined;
  if (after.trim() === '' && holdsLessThan(2, before)) return undefined;
  if (code.length < before.length + after.length || !code.startsWith(before) || !code.endsWith(after))
    return undefined;
  const middle = code.slice(before.length, code.length - after.length);
  const own = normal(selectedText(target));
  // At the file's end the block has lost the selection's own blank end.
  const text = after === '' ? middle.trimEnd() + (/\s*$/u.exec(own)?.[0] ?? '') : middle;
  return target.document.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text;
}

/** A bracket that happens to stand before or after the selection does not make a file. */
const holdsLessThan = (count: number, text: string): boolean => tellingLines(text).length < count;

/**
 * Whether an answer holds code from outside the selection: at least three telling lines (three characters or more, not only
 * brackets) that stand outside and not in the selection, and among them the one next to it, or more than half of all there are.
 */
export function holdsOutsideCode(target: EditTarget, lines: readonly string[]): boolean {
  const inside = new Set(tellingLines(selectedText(target)));
  const isOutside = (line: string): boolean => !inside.has(line);
  const before = tellingLines(target.document.slice(0, target.start)).filter(isOutside);
  const after = tellingLines(target.document.slice(target.end)).filter(isOutside);
  const outside = new Set([...before, ...after]);
  const written = new Set(lines.map((line) => line.trim()));
  const shared = [...outside].filter((line) => written.has(line)).length;
  const holdsNext = [before.at(-1), after[0]].some((line) => line !== undefined && written.has(line));
  return shared >= 3 && (holdsNext || 2 * shared > outside.size);
}

function tellingLines(text: string): readonly string[] {
  return text
    .split(/\r\n|\r|\n/u)
    .map((line) => line.trim())
    .filter((line) => line.length >= 3 && /[\p{L}\p{N}]/u.test(line));
}
