import type { FinishReason } from '../protocol/generation.ts';
import { answerParts } from '../reasoning/answers/codeBlocks.ts';
import { THINK_MARKERS } from '../reasoning/markers.ts';
import { codeFamily } from './codeFamily.ts';
import { rejected, type Rejection } from './rejection.ts';

/** A reply's answer channel: never its thought. */
export interface ReplyToJudge {
  readonly answer: string;
  readonly finishReason: FinishReason;
}

/** How the code stood in the answer. The last two are fallbacks, which only a syntax check may let pass. */
export type CodeForm = 'block' | 'unclosedBlock' | 'bare';

export interface AnswerCode {
  readonly kind: 'code';
  /** Without blank lines at its ends; never empty. */
  readonly lines: readonly string[];
  readonly form: CodeForm;
}

/** What a fence says when it is about a text. */
const PLAIN_TAGS = /^(?:text|txt|plain|plaintext|output|console)?$/iu;
const DIFF_TAGS = /^(?:diff|patch|udiff)\b/iu;
/** Special tokens of the prompt formats; none is part of any language's code. */
const SPECIAL_TOKEN = /<[｜|][^<>｜|\s]{1,40}[｜|]>/u;

/**
 * The code of an answer, or why there is none: exactly one fenced block, with or without text around it. Two fallbacks, which the
 * caller must have checked for syntax: a block that the model ended its answer in, and an answer that has no block and is code as a
 * whole.
 * @param selected the code that was asked about; what stands in it already is no sign of anything
 */
export function answerCode(
  reply: ReplyToJudge,
  languageId: string,
  selected: string,
): AnswerCode | Rejection {
  const { answer } = reply;
  const broken = brokenOff(reply);
  if (broken) return broken;
  if (answer.trim() === '') return rejected('empty', answer);
  const { blocks, around } = answerParts(answer);
  const outside = around.flat().join('\n');
  if (hasThought(answer, outside, selected)) return rejected('thoughtInside', answer);
  const [token] = SPECIAL_TOKEN.exec(answer) ?? [];
  if (token !== undefined && !selected.includes(token)) return rejected('specialToken', answer, token);
  if (blocks.length > 1) return rejected('severalBlocks', answer, String(blocks.length));

  const [block] = blocks;
  const lines = withoutBlankEnds(block ? block.lines : answer.split(/\r\n|\r|\n/u));
  if (DIFF_TAGS.test(block?.tag ?? '') || isDiff(lines, selected)) return rejected('diff', answer);
  if (!block)
    return isCodeAlone(lines, selected) ? { kind: 'code', lines, form: 'bare' } : rejected('noCode', answer);
  if (lines.length === 0) return rejected('empty', answer);
  const wrong = otherLanguage(block.tag, languageId);
  if (wrong !== undefined) return rejected('otherLanguage', answer, wrong);
  return { kind: 'code', lines, form: block.closed ? 'block' : 'unclosedBlock' };
}

function brokenOff({ finishReason, answer }: ReplyToJudge): Rejection | undefined {
  switch (finishReason) {
    case 'stop':
      return undefined;
    case 'length':
    case 'contextFull':
      return rejected('truncated', answer);
    case 'loop':
      return rejected('loop', answer);
    case 'cancelled':
      return rejected('cancelled', answer);
  }
}

/** A tag of a thought anywhere, unless the selected code holds such tags itself; then only outside of the block. */
function hasThought(answer: string, outside: string, selected: string): boolean {
  const { open, close } = THINK_MARKERS;
  const has = (text: string): boolean => text.includes(open) || text.includes(close);
  return has(selected) ? has(outside) : has(answer);
}

function withoutBlankEnds(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line.trim() !== '');
  return first < 0 ? [] : lines.slice(first, lines.findLastIndex((line) => line.trim() !== '') + 1);
}

/** Hunk heads, file heads, or signs before all lines of which some are added or removed. */
function isDiff(lines: readonly string[], selected: string): boolean {
  if (lines.some((line) => /^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/u.test(line))) return true;
  if (lines.some((line, i) => /^--- \S/u.test(line) && /^\+\+\+ \S/u.test(lines[i + 1] ?? ''))) return true;
  const signed = (text: readonly string[], sign: string): number =>
    text.filter((line) => line.startsWith(sign)).length;
  const before = selected.split(/\r\n|\r|\n/u);
  const added = signed(lines, '+') - signed(before, '+');
  const removed = signed(lines, '-') - signed(before, '-');
  return added > 0 && removed > 0 && lines.every((line) => line === '' || /^[ +-]/u.test(line));
}

/**
 * Whether an answer without a block may be code as a whole: at least half of the words in it stand in the selected code, or half of
 * that one's in it. It is no proof: the syntax check is.
 */
function isCodeAlone(lines: readonly string[], selected: string): boolean {
  const words = (text: string): ReadonlySet<string> => new Set(text.match(/[\p{L}\p{N}_$]+/gu));
  const [written, given] = [words(lines.join('\n')), words(selected)];
  const shared = [...written].filter((word) => given.has(word)).length;
  return shared > 0 && (2 * shared >= written.size || 2 * shared >= given.size);
}

function otherLanguage(tag: string, languageId: string): string | undefined {
  if (PLAIN_TAGS.test(tag)) return undefined;
  const [said, expected] = [codeFamily(tag), codeFamily(languageId)];
  return said !== undefined && expected !== undefined && said !== expected ? said : undefined;
}
