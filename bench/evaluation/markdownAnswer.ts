/** A fenced block of an answer. */
export interface FencedBlock {
  /** Of the opening fence; empty where it has none. */
  readonly tag: string;
  /** The lines inside, without white space at their ends. */
  readonly lines: readonly string[];
  /** False when the answer ends inside it. */
  readonly closed: boolean;
}

/** An answer taken apart: its fenced blocks, and the text around them. */
export interface MarkdownAnswer {
  readonly blocks: readonly FencedBlock[];
  /** Before the first block, or all of it; white space at line ends and around it removed. */
  readonly lead: string;
  /** Everything behind the first block's end that is no block. */
  readonly rest: string;
}

/** Line breaks of every kind are one, and white space at line ends says nothing. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/u).map((line) => line.trimEnd());
}

/** A final line break belongs to the line before it. */
export function blockLines(text: string): string[] {
  return linesOf(text.replace(/(?:\r\n|\r|\n)$/u, ''));
}

/** Fences are those of CommonMark 0.31, section 4.5, made of backticks. */
export function parseAnswer(answer: string): MarkdownAnswer {
  const blocks: FencedBlock[] = [];
  const around: string[][] = [[]];
  let open: { readonly tag: string; readonly fence: string; readonly lines: string[] } | undefined;
  for (const line of linesOf(answer)) {
    if (open) {
      const [marks = ''] = /^ {0,3}(`{3,})$/u.exec(line)?.slice(1) ?? [];
      if (marks.length >= open.fence.length) {
        blocks.push({ tag: open.tag, lines: open.lines, closed: true });
        around.push([]);
        open = undefined;
      } else {
        open.lines.push(line);
      }
      continue;
    }
    const [fence, tag = ''] = /^ {0,3}(`{3,})\s*([^`]*)$/u.exec(line)?.slice(1) ?? [];
    if (fence === undefined) around.at(-1)?.push(line);
    else open = { tag, fence, lines: [] };
  }
  if (open) blocks.push({ tag: open.tag, lines: open.lines, closed: false });
  const [lead = [], ...rest] = around;
  return { blocks, lead: lead.join('\n').trim(), rest: rest.flat().join('\n').trim() };
}
