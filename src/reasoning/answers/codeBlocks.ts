/** A fenced block of an answer. */
export interface CodeBlock {
  /** What follows the opening fence, trimmed; empty where there is nothing. */
  readonly tag: string;
  /** The lines inside, without their line breaks, less the indentation of the fence. */
  readonly lines: readonly string[];
  /** False when the answer ends inside it. */
  readonly closed: boolean;
}

/** An answer taken apart. Line breaks of every kind are one. */
export interface AnswerParts {
  readonly blocks: readonly CodeBlock[];
  /** The lines before the first block, between each two, and behind the last: one more than there are blocks. */
  readonly around: readonly (readonly string[])[];
}

interface OpenBlock {
  readonly tag: string;
  readonly fence: string;
  readonly indentation: number;
  readonly lines: string[];
}

/** Takes an answer apart into its fenced blocks and the lines around them. Fences are those of CommonMark 0.31, section 4.5. */
export function answerParts(answer: string): AnswerParts {
  const blocks: CodeBlock[] = [];
  const around: string[][] = [[]];
  let open: OpenBlock | undefined;
  const close = ({ tag, lines }: OpenBlock, closed: boolean): void => {
    blocks.push({ tag, lines, closed });
    around.push([]);
    open = undefined;
  };
  for (const line of answer.split(/\r\n|\r|\n/u)) {
    const [, indentation = '', run = '', rest = ''] = /^( {0,3})(`{3,}|~{3,})(.*)$/u.exec(line) ?? [];
    if (open) {
      if (run.startsWith(open.fence) && rest.trim() === '') close(open, true);
      else open.lines.push(withoutIndentation(line, open.indentation));
    } else if (run !== '' && !(run.startsWith('`') && rest.includes('`'))) {
      open = { tag: rest.trim(), fence: run, indentation: indentation.length, lines: [] };
    } else {
      around.at(-1)?.push(line);
    }
  }
  if (open) close(open, false);
  return { blocks, around };
}

/** A block that is indented is less so, by up to the spaces before its fence. */
function withoutIndentation(line: string, spaces: number): string {
  const [indentation = ''] = /^ */u.exec(line) ?? [];
  return line.slice(Math.min(indentation.length, spaces));
}
