/** A sentence of a thought, a line that has a form of its own, or a block of code. */
export interface ThoughtPiece {
  /** `heading` opens a section; `item` is the first sentence of a list's item; `block` is fenced code or a formula. */
  readonly kind: 'sentence' | 'heading' | 'item' | 'block';
  /** UTF-16 offsets; white space around is left out. */
  readonly start: number;
  readonly end: number;
  /** Whether it is the first of its paragraph, or of its line. */
  readonly begins: 'paragraph' | 'line' | 'within';
  /** Columns of white space before the line. */
  readonly indent: number;
  /** Of a heading. Smaller ranks enclose larger ones; sections of one label follow on each other. */
  readonly section?: { readonly rank: number; readonly label?: string };
}

const FENCE = /^\s*(`{3,}|~{3,})/u;
const FORMULA_OPEN = /^\s*(?:\\\[|\$\$)/u;
const FORMULA_CLOSE = /(?:\\\]|\$\$)\s*$/u;
const HEADING = /^ {0,3}(#{1,6})\s+\S/u;
/** A line that is bold from end to end. */
const BOLD_LINE = /^\s*\*\*[^*]{1,100}\*\*:?\s*$/u;
const BOLD_RANK = 7;
/** `Case 1:`, `**Step 2.**`, `Option A -`, `情况一：`. Something has to stand behind the number, or nothing at all. */
const LABEL =
  /^\s*(?:[-*+]\s+)?(?:\*\*|__)?(case|step|part|option|approach|method|scenario|attempt|phase|example|possibility|test(?: case)?|idea|hypothesis)\s+(\d{1,3}(?:\.\d{1,3})*|[a-z]|[ivx]{1,4})(?:\s*\([^)]{0,60}\))?(?:\*\*|__)?\s*(?:[:.)\u2013\u2014-](?:\*\*|__)?(?:\s|$)|$)/iu;
const CHINESE_LABEL =
  /^\s*(?:\*\*)?(情况|情形|步骤|方法|方案)\s*([一二三四五六七八九十\d]{1,3})(?:\*\*)?\s*[：:、，,]/u;
const LABEL_RANK = 10;
const ITEM = /^\s*(?:[-*+•]|\d{1,3}[.)]|\([a-z\d]{1,3}\)|[a-z]\))\s+\S/u;
/** Words whose full stop ends no sentence, and the number of a list's item. */
const ABBREVIATION = /(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|approx|resp|fig|eq|eqn|dr|mr|mrs|st)$/iu;
const ITEM_NUMBER = /^\s*\d{1,3}$/u;
/** Without a look at what follows: a run of marks that ends no sentence would be read again from each of its marks. */
const SENTENCE_END = /[.!?\u2026]+["'\u201d\u2019)\]*`]*|[。！？]+[”」』）]*/gu;

/** Takes a thought apart in time linear in its length. Blocks that never end reach to the end of the text. */
export function splitThought(text: string): ThoughtPiece[] {
  const pieces: ThoughtPiece[] = [];
  let afterBlank = true;
  let lineStart = 0;
  while (lineStart < text.length) {
    const lineEnd = endOfLine(text, lineStart);
    // What a line is shows in its beginning.
    const line = text.slice(lineStart, Math.min(lineEnd, lineStart + 400));
    if (line.trim() === '' && text.slice(lineStart, lineEnd).trim() === '') {
      afterBlank = true;
      lineStart = lineEnd + 1;
      continue;
    }
    const begins = afterBlank ? 'paragraph' : 'line';
    afterBlank = false;
    const blockEnd = endOfBlock(text, lineStart, lineEnd, line);
    if (blockEnd !== undefined) {
      pieces.push({ kind: 'block', start: lineStart, end: blockEnd, begins, indent: 0 });
      lineStart = blockEnd + 1;
      continue;
    }
    addLine(pieces, text, lineStart, lineEnd, line, begins);
    lineStart = lineEnd + 1;
  }
  return pieces;
}

function addLine(
  pieces: ThoughtPiece[],
  text: string,
  lineStart: number,
  lineEnd: number,
  line: string,
  begins: 'paragraph' | 'line',
): void {
  const indent = indentOf(line);
  const section = sectionOf(line);
  const kind = section ? 'heading' : ITEM.test(line) ? 'item' : 'sentence';
  let first = true;
  for (const [start, end] of sentences(text, lineStart, lineEnd)) {
    pieces.push({
      kind: first ? kind : 'sentence',
      start,
      end,
      begins: first ? begins : 'within',
      indent,
      ...(first && section ? { section } : {}),
    });
    first = false;
  }
}

function sectionOf(line: string): ThoughtPiece['section'] {
  const marks = HEADING.exec(line)?.[1];
  if (marks !== undefined) return { rank: marks.length };
  const [, word, number] = LABEL.exec(line) ?? CHINESE_LABEL.exec(line) ?? [];
  if (word !== undefined && number !== undefined) {
    // `Case 1.2` lies in `Case 1`.
    return { rank: LABEL_RANK + number.split('.').length - 1, label: word.toLowerCase() };
  }
  return BOLD_LINE.test(line) ? { rank: BOLD_RANK } : undefined;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

/** Where the block ends that begins in this line, if one does. */
function endOfBlock(text: string, start: number, lineEnd: number, line: string): number | undefined {
  const fence = FENCE.exec(line)?.[1];
  if (fence !== undefined) {
    return endOfBlockAfter(text, lineEnd, (each) => FENCE.exec(each)?.[1]?.startsWith(fence) === true);
  }
  const opening = FORMULA_OPEN.exec(line);
  if (!opening) return undefined;
  const behind = text.slice(start + opening[0].length, lineEnd);
  if (FORMULA_CLOSE.test(behind.slice(-40))) return lineEnd;
  return endOfBlockAfter(text, lineEnd, (each) => FORMULA_CLOSE.test(each.slice(-40)));
}

function endOfBlockAfter(text: string, lineEnd: number, closes: (line: string) => boolean): number {
  let from = lineEnd + 1;
  while (from < text.length) {
    const end = endOfLine(text, from);
    if (closes(text.slice(from, end))) return end;
    from = end + 1;
  }
  return text.length;
}

/** Start and end of each sentence between two offsets, without the white space around. */
function sentences(text: string, from: number, to: number): [start: number, end: number][] {
  const line = text.slice(from, to);
  const found: [number, number][] = [];
  let start = 0;
  const add = (end: number): void => {
    const piece = line.slice(start, end);
    const trimmed = piece.trim();
    if (trimmed === '') return;
    const at = from + start + piece.indexOf(trimmed);
    found.push([at, at + trimmed.length]);
    start = end;
  };
  for (const match of line.matchAll(SENTENCE_END)) {
    const end = match.index + match[0].length;
    if (endsSentence(line, start, match.index, match[0], end)) add(end);
  }
  add(line.length);
  return found;
}

function endsSentence(line: string, start: number, at: number, mark: string, end: number): boolean {
  if (/^[。！？]/u.test(mark)) return true;
  if (!/^(?:\s|$)/u.test(line.slice(end, end + 1))) return false;
  const next = line.slice(end, end + 8).trimStart();
  const goesOn = /^\p{Ll}/u.test(next);
  // `well... maybe`, `n! is`, `a ?? b`
  if (/^(?:\.\.|\u2026|[!?])/u.test(mark)) return !goesOn && /\S/u.test(line.charAt(at - 1));
  const before = line.slice(Math.max(start, at - 8), at);
  return !ABBREVIATION.test(before) && !(at - start <= 4 && ITEM_NUMBER.test(before));
}

function indentOf(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (character === ' ') columns++;
    else if (character === '\t') columns += 4;
    else break;
  }
  return columns;
}
