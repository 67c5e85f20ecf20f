import type { GenerateResult } from '../../src/protocol/generation.ts';
import { blockLines, linesOf, parseAnswer, type MarkdownAnswer } from './markdownAnswer.ts';
import type { Check } from './sample.ts';

/** With a thought (as the file's template says), or the answer at once. */
export const MODES = ['think', 'off'] as const;
export type Mode = (typeof MODES)[number];

/** The first thing about a reply's form that is not as training/tasks.md says. */
export const FORM_PROBLEMS = [
  /** It was cut off: a limit, a loop, a full context. */
  'unfinished',
  /** A tag of the prompt format stands in the text. */
  'leakedTag',
  'noThought',
  /** Glassbox had to close the thought. */
  'thoughtNotClosed',
  /** There is one although none was asked for. */
  'thoughtUnasked',
  /** The answer has another form than its task asks for. */
  'answerForm',
] as const;
export type FormProblem = (typeof FORM_PROBLEMS)[number];

export interface Grade {
  readonly correct: boolean;
  /** Absent when the form is right. */
  readonly problem?: FormProblem;
}

/** What a grade needs of a reply. */
export type GradedReply = Pick<GenerateResult, 'thought' | 'answer' | 'finishReason' | 'thoughtEnd'>;

/** Tags of the reasoning format and special tokens: none of them is ever part of a text. */
const TAG = /<\/?think>|<[｜|][^<>｜|]{1,40}[｜|]>/u;

/** Whether a reply is right, and whether its form is: the two are apart. */
export function grade(check: Check, mode: Mode, reply: GradedReply): Grade {
  const problem = formProblem(check, mode, reply);
  return { correct: isCorrect(check, reply.answer), ...(problem === undefined ? {} : { problem }) };
}

/**
 * Compares what is inside the one fenced block (or the sentence), white space at line ends removed. Of a `bug`, the
 * number of the line counts too; the indentation of a line that stands alone does not.
 */
export function isCorrect(check: Check, answer: string): boolean {
  const parsed = parseAnswer(answer);
  switch (check.kind) {
    case 'output':
      return sameLines(
        onlyBlock(parsed),
        check.lines.map((line) => line.trimEnd()),
      );
    case 'code':
      return [check.code, ...check.also].some((code) => sameLines(onlyBlock(parsed), blockLines(code)));
    case 'line': {
      const [line, ...others] = onlyBlock(parsed) ?? [];
      if (line === undefined || others.length > 0 || namedLine(parsed) !== check.line) return false;
      return [check.fixed, ...check.also].some((fixed) => fixed.trim() === line.trim());
    }
    case 'sentence': {
      const sentence = linesOf(answer).join('\n').trim();
      return (
        sentence === check.sentence.trim() ||
        (check.accept !== undefined && new RegExp(check.accept, 'u').test(sentence))
      );
    }
  }
}

/** Absent when the form of the reply is right. */
function formProblem(check: Check, mode: Mode, reply: GradedReply): FormProblem | undefined {
  if (reply.finishReason !== 'stop') return 'unfinished';
  if (TAG.test(reply.thought) || TAG.test(reply.answer)) return 'leakedTag';
  if (mode === 'think') {
    if (reply.thoughtEnd === undefined || reply.thought.trim() === '') return 'noThought';
    if (reply.thoughtEnd !== 'model') return 'thoughtNotClosed';
  } else if (reply.thought !== '') {
    return 'thoughtUnasked';
  }
  return hasForm(check, reply.answer) ? undefined : 'answerForm';
}

/** Whether an answer looks as its task wants it, right or wrong. */
export function hasForm(check: Check, answer: string): boolean {
  const parsed = parseAnswer(answer);
  if (check.kind === 'sentence') return parsed.blocks.length === 0 && /^\S[^\n]*$/u.test(parsed.lead);
  const block = onlyBlock(parsed);
  if (!block || parsed.rest !== '') return false;
  switch (check.kind) {
    case 'output':
      return parsed.lead === 'It prints:';
    case 'line':
      return block.length === 1 && /^Line \d+ is wrong: \S.* It should be:$/u.test(parsed.lead);
    case 'code':
      return parsed.lead === '';
  }
}

/** The lines of the one fenced block; absent when there is none, another one, or the answer ends inside it. */
function onlyBlock({ blocks }: MarkdownAnswer): readonly string[] | undefined {
  const [block, ...others] = blocks;
  return block?.closed && others.length === 0 ? block.lines : undefined;
}

/** The line that an answer calls wrong. */
function namedLine({ lead }: MarkdownAnswer): number | undefined {
  const [digits] = /^Line (\d+)\b/u.exec(lead)?.slice(1) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

function sameLines(lines: readonly string[] | undefined, expected: readonly string[]): boolean {
  return lines?.length === expected.length && lines.every((line, i) => line === expected[i]);
}
