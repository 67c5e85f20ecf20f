import { answerParts } from '../../src/reasoning/answers/codeBlocks.ts';

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

export function parseAnswer(answer: string): MarkdownAnswer {
  const { blocks, around } = answerParts(answer);
  const trimmed = (lines: readonly string[]): string[] => lines.map((line) => line.trimEnd());
  const [lead = [], ...rest] = around.map(trimmed);
  return {
    blocks: blocks.map((block) => ({ ...block, lines: trimmed(block.lines) })),
    lead: lead.join('\n').trim(),
    rest: rest.flat().join('\n').trim(),
  };
}
