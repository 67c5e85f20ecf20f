import { type EditTarget, selectedText } from './editTarget.ts';
import { indentOf, indentUnit } from './indentation.ts';
import { type IndentTarget, reindent } from './reindent.ts';

export interface FittedCode {
  readonly text: string;
  /** Whether any line begins with other white space than in the answer. */
  readonly reindented: boolean;
}

/**
 * Code as it stands in place of a selection: indented as the document is, with its line endings, and with the blank lines, the spaces and
 * the final line break that the selection had at its ends.
 * @param lines not empty, the first and last not blank
 */
export function fitCode(
  target: EditTarget,
  lines: readonly string[],
  isContent: (line: number) => boolean,
): FittedCode {
  const { lead, core, trail } = selectionEnds(selectedText(target));
  const indented = reindent(lines, indentTarget(target, lead.length), isContent);
  const before = lineStartText(target.document, target.start + lead.length);
  const [first = '', ...others] = indented;
  // What already stands before the selection in its line is not written again.
  const begin =
    before.trim() === '' ? first.slice(Math.min(before.length, indentOf(first).length)) : first.trimStart();
  const text = [begin, ...others].join('\n').replaceAll('\n', lineEnding(target.document, core));
  const reindented = others.some((line, i) => indentOf(line) !== indentOf(lines[i + 1] ?? ''));
  return { text: lead + text + trail, reindented };
}

/** Whole blank lines before the code, the code, and all white space behind it. */
export function selectionEnds(selected: string): {
  readonly lead: string;
  readonly core: string;
  readonly trail: string;
} {
  if (selected.trim() === '') return { lead: '', core: selected, trail: '' };
  const [lead = ''] = /^(?:[ \t]*(?:\r\n|\r|\n))*/u.exec(selected) ?? [];
  const [trail = ''] = /\s*$/u.exec(selected) ?? [];
  return { lead, core: selected.slice(lead.length, selected.length - trail.length), trail };
}

/** How code in place of a selection is indented. */
function indentTarget(target: EditTarget, leadLength: number): IndentTarget {
  const { document } = target;
  const start = target.start + leadLength;
  const before = lineStartText(document, start);
  const [ahead = ''] = /^[ \t]*/u.exec(document.slice(start)) ?? [];
  const base = before.trim() === '' ? before + ahead : indentOf(before);
  const selectedLines = (base + selectedText(target).slice(leadLength).trimStart()).split(/\r\n|\r|\n/u);
  return {
    base,
    unit: indentUnit(selectedLines) ?? indentUnit(document.split(/\r\n|\r|\n/u)),
    beginsInside: before !== '',
  };
}

function lineStartText(document: string, offset: number): string {
  const lineStart =
    Math.max(document.lastIndexOf('\n', offset - 1), document.lastIndexOf('\r', offset - 1)) + 1;
  return document.slice(offset === 0 ? 0 : lineStart, offset);
}

/** The line ending that occurs most often in the code, or else in the document; a line feed where there is none. */
export function lineEnding(document: string, code: string): '\n' | '\r\n' {
  const text = code.includes('\n') ? code : document;
  const breaks = text.match(/\r?\n/gu) ?? [];
  return 2 * breaks.filter((each) => each === '\r\n').length > breaks.length ? '\r\n' : '\n';
}
