/** The part of a streamed Markdown text that may still change. */
export type OpenBlock =
  | { readonly kind: 'none' }
  | { readonly kind: 'markdown'; readonly source: string }
  /** A fenced code block at top level: `code` only ever grows until the block is finished. */
  | { readonly kind: 'code'; readonly language: string; readonly code: string };

interface OpenFence {
  readonly marker: string;
  readonly indent: number;
  readonly language: string;
  readonly isCloser: RegExp;
  /** The complete lines so far, without the fence's own indentation. */
  code: string;
  /** Where in the tail the first line that was not looked at begins. */
  scanned: number;
}

/**
 * Cuts a Markdown text that arrives in pieces into finished top-level blocks and one open rest. A finished
 * block never changes again, whatever follows, so that it is parsed and put into the page once:
 * rendering the finished blocks one by one gives the same as rendering the whole text.
 *
 * CommonMark decides its block structure line by line, and the start of a new top-level block closes the one
 * before it. So among *complete* lines every top-level block but the last is final.
 * @see https://spec.commonmark.org/0.31.2/#phase-1-block-structure
 */
export class BlockSplitter {
  private tail = '';
  /** A carriage return at the end of a piece: whether it is a line end of its own shows with the next piece. */
  private carry = '';
  /** Up to here the tail has been searched for blocks. */
  private searched = 0;
  private fence: OpenFence | undefined;

  /** @param blockStarts offsets of the top-level blocks of a text, see `topLevelBlockStarts` */
  constructor(private readonly blockStarts: (source: string) => readonly number[]) {}

  /** Adds text and returns the sources of the blocks that it finished, in order. */
  push(text: string): readonly string[] {
    let piece = this.carry + text;
    this.carry = '';
    if (piece.endsWith('\r')) {
      this.carry = '\r';
      piece = piece.slice(0, -1);
    }
    this.tail += piece.replace(/\r\n?/g, '\n').replaceAll('\0', '\uFFFD');
    return this.takeFinished();
  }

  /** The text is complete: returns the sources of the remaining blocks. */
  finish(): readonly string[] {
    if (this.carry !== '') this.tail += '\n';
    this.carry = '';
    const finished = this.fence ? [this.tail] : this.cut(this.tail, this.blockStarts(this.tail), true);
    this.tail = '';
    this.searched = 0;
    this.fence = undefined;
    return finished;
  }

  get open(): OpenBlock {
    const { fence } = this;
    if (fence) {
      const partial = withoutIndent(this.tail.slice(fence.scanned), fence.indent);
      // A line that may become the closing fence is held back: code that was shown is never taken away.
      const mayClose = new RegExp(`^ {0,3}${fence.marker[0] ?? ''}*[ \\t]*$`).test(
        this.tail.slice(fence.scanned),
      );
      return { kind: 'code', language: fence.language, code: fence.code + (mayClose ? '' : partial) };
    }
    const source = this.tail.slice(0, settledLength(this.tail));
    return source.trim() === '' ? { kind: 'none' } : { kind: 'markdown', source };
  }

  private takeFinished(): readonly string[] {
    const finished: string[] = [];
    for (;;) {
      const complete = this.tail.lastIndexOf('\n') + 1;
      if (this.fence) {
        const end = this.endOfFence(this.fence, complete);
        if (end === undefined) return finished;
        finished.push(this.tail.slice(0, end));
        this.tail = this.tail.slice(end);
        this.searched = 0;
        this.fence = undefined;
        continue;
      }
      if (complete <= this.searched) return finished;
      const lines = this.tail.slice(0, complete);
      const starts = this.blockStarts(lines);
      finished.push(...this.cut(lines, starts, false));
      const openStart = starts.at(-1);
      // Blank lines between blocks have no meaning of their own and are dropped with the block before them.
      this.tail = this.tail.slice(openStart ?? complete);
      this.searched = openStart === undefined ? 0 : complete - openStart;
      this.fence = openFence(this.tail);
      if (!this.fence) return finished;
    }
  }

  private cut(source: string, starts: readonly number[], all: boolean): string[] {
    const blocks: string[] = [];
    for (const [index, start] of starts.entries()) {
      const next = starts[index + 1];
      if (next !== undefined) blocks.push(source.slice(start, next));
      else if (all) blocks.push(source.slice(start));
    }
    return blocks;
  }

  /** Moves complete lines into the fence's code; the offset behind the closing line when there is one. */
  private endOfFence(fence: OpenFence, complete: number): number | undefined {
    while (fence.scanned < complete) {
      const end = this.tail.indexOf('\n', fence.scanned);
      const line = this.tail.slice(fence.scanned, end);
      fence.scanned = end + 1;
      if (fence.isCloser.test(line)) return fence.scanned;
      fence.code += `${withoutIndent(line, fence.indent)}\n`;
    }
    return undefined;
  }
}

/** The fence that the first line of `source` opens; the line must be complete. */
function openFence(source: string): OpenFence | undefined {
  const match = /^( {0,3})(`{3,}(?=[^`\n]*\n)|~{3,})([^\n]*)\n/.exec(source);
  if (!match) return undefined;
  const [line, indent = '', marker = '', rest = ''] = match;
  return {
    marker,
    indent: indent.length,
    language: rest.trim().split(/\s+/)[0] ?? '',
    isCloser: new RegExp(`^ {0,3}${marker[0] ?? ''}{${marker.length},}[ \\t]*$`),
    code: '',
    scanned: line.length,
  };
}

function withoutIndent(line: string, indent: number): string {
  let spaces = 0;
  while (spaces < indent && line[spaces] === ' ') spaces += 1;
  return line.slice(spaces);
}

/**
 * How much of an open block is worth showing: a last line of nothing but a few markers (`-`, `==`, `` ` ``) is
 * about to become something else, and showing it would turn the paragraph above into a heading for one frame.
 */
function settledLength(source: string): number {
  const lastLine = source.lastIndexOf('\n') + 1;
  return /^[ \t]*[-=*+_#>`~|:]{1,3}[ \t]*$/.test(source.slice(lastLine)) ? lastLine : source.length;
}
