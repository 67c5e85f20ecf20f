import { commonIndent, indentOf, indentText, type IndentUnit, indentUnit, isBlank } from './indentation.ts';

export interface IndentTarget {
  /** The indentation of the line in which the selection begins. */
  readonly base: string;
  /** Of the selection, or else of the document. Undefined: nothing is known, so levels stay as they are. */
  readonly unit: IndentUnit | undefined;
  /** Whether the selection begins behind its line's indentation, so that a model may have left out that of the first line. */
  readonly beginsInside: boolean;
}

/**
 * Lines of an answer as the document indents them: the shallowest at `base`, levels in its unit. Lines inside of strings keep
 * what they begin with, because there white space is content.
 * @param isContent whether a line (counted from 0) begins inside a string or template
 */
export function reindent(
  lines: readonly string[],
  target: IndentTarget,
  isContent: (line: number) => boolean = () => false,
): string[] {
  const code = withFirstIndent(lines, target).map((text, index) => ({
    text,
    fixed: isContent(index) || isBlank(text),
  }));
  const own = commonIndent(code.filter(({ fixed }) => !fixed).map(({ text }) => text));
  const relative = code.map(({ text, fixed }) => ({ text: fixed ? text : text.slice(own.length), fixed }));
  const convert = unitConversion(
    relative.filter(({ fixed }) => !fixed).map(({ text }) => text),
    target.unit,
  );
  return relative.map(({ text, fixed }, index) => {
    if (fixed) return isContent(index) ? text : '';
    const indent = indentOf(text);
    return target.base + convert(indent) + text.slice(indent.length);
  });
}

/**
 * The first line of a selection that begins inside its line is often copied without its indentation while the others keep theirs.
 * The others tell: a block's last line stands as deep as its first, and what a line without an end opens stands one level deeper.
 */
function withFirstIndent(
  lines: readonly string[],
  { base, beginsInside, unit }: IndentTarget,
): readonly string[] {
  const [first, ...rest] = lines;
  const others = rest.filter((line) => !isBlank(line)).map(indentOf);
  const last = others.at(-1);
  if (!beginsInside || base === '' || first === undefined || indentOf(first) !== '' || last === undefined)
    return lines;
  if (!others.every((indent) => indent.startsWith(base))) return lines;
  const deeper = unit === undefined ? undefined : base + indentText(unit);
  const lost = last === base || others.every((indent) => deeper !== undefined && indent.startsWith(deeper));
  return lost ? [base + first, ...rest] : lines;
}

function unitConversion(lines: readonly string[], to: IndentUnit | undefined): (indent: string) => string {
  const same = (indent: string): string => indent;
  const from = indentUnit(lines);
  if (from === undefined || to === undefined || from === to) return same;
  const step = from === '\t' ? 1 : from;
  // One space more is the star of a comment block.
  const fits = lines.every((line) => [0, 1].includes(indentOf(line).length % step));
  if (!fits) return same;
  return (indent) => {
    const levels = Math.floor(indent.length / step);
    return indentText(to).repeat(levels) + indent.slice(levels * step);
  };
}
