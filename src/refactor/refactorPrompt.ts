import { GlassboxError } from '../protocol/errors.ts';
import type { ChatMessage } from '../protocol/generation.ts';
import { renderExcerpt } from '../reasoning/prompts/codeExcerpt.ts';
import { fence, fenceTag, inlineCode } from '../reasoning/prompts/fence.ts';
import { renderProblems } from '../reasoning/prompts/problem.ts';
import type { PromptStyle } from './promptStyle.ts';
import type { Definition, RefactorRequest } from './refactorRequest.ts';

/** A part of what is known that the prompt had no room for. */
export type DroppedPart = 'definitions' | 'context' | 'previousAnswer' | 'imports' | 'problems';

export interface RefactorPrompt {
  /** Exactly what the engine is asked; a template only adds its marks. */
  readonly messages: readonly ChatMessage[];
  readonly promptTokens: number;
  /** In the order in which they were left out; a part of which some is left counts too. */
  readonly dropped: readonly DroppedPart[];
  /**
   * Whether what was wrong with an earlier answer is in the prompt. If not (`compact`), the same question gives the same answer:
   * ask with another seed and a temperature above 0.
   */
  readonly saysWhatWasWrong: boolean;
}

export interface PromptOptions {
  readonly style: PromptStyle;
  /** For the whole prompt as the template renders it; what the reply needs is not in it. */
  readonly budgetTokens: number;
  /** Tokens of a conversation as the template renders it (the engine's `count`). */
  readonly countTokens: (messages: readonly ChatMessage[]) => Promise<number>;
}

/** How much of each part is written. */
interface Extent {
  readonly definitions: number;
  /** Before and after, each. */
  readonly contextLines: number;
  readonly previousAnswer: boolean;
  readonly imports: boolean;
  readonly problems: boolean;
}

/** Lines around the selection, on each side, where everything fits: about the length of a long function. */
const MOST_CONTEXT_LINES = 120;

/**
 * What the model is asked: the selection, what is known about it, the instruction, the form of the answer. Where it does not fit,
 * parts are left out until it does, always in this order: definitions from the last one on; context further than 40 lines; the
 * text of an answer that was rejected (what was wrong with it stays); imports; context further than 10 lines; problems; all
 * context. Selection and instruction are never cut. A `compact` prompt has nothing but these two.
 * @throws GlassboxError `context/overflow` when not even selection and instruction fit
 */
export async function refactorPrompt(
  request: RefactorRequest,
  options: PromptOptions,
): Promise<RefactorPrompt> {
  const { style, budgetTokens, countTokens } = options;
  if (style === 'compact') {
    const messages = [compactMessage(request)];
    const promptTokens = await countTokens(messages);
    if (promptTokens > budgetTokens) throw tooLong(promptTokens, budgetTokens);
    return { messages, promptTokens, dropped: [], saysWhatWasWrong: false };
  }
  const extents = shrinkingExtents(request);
  let low = 0;
  let high = extents.length - 1;
  const counted = new Map<
    number,
    { readonly messages: readonly ChatMessage[]; readonly promptTokens: number }
  >();
  const at = async (index: number) => {
    const known = counted.get(index);
    if (known) return known;
    const extent = extents[index];
    if (!extent) throw new RangeError(`there is no extent ${index}`);
    const messages = fullMessages(request, extent);
    const fresh = { messages, promptTokens: await countTokens(messages) };
    counted.set(index, fresh);
    return fresh;
  };
  // Each extent is a part of the one before it, so the first that fits is found by halving.
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((await at(middle)).promptTokens <= budgetTokens) high = middle;
    else low = middle + 1;
  }
  const chosen = await at(low);
  if (chosen.promptTokens > budgetTokens) throw tooLong(chosen.promptTokens, budgetTokens);
  return {
    ...chosen,
    dropped: droppedParts(extents.slice(0, low + 1)),
    saysWhatWasWrong: request.retry !== undefined,
  };
}

function shrinkingExtents(request: RefactorRequest): readonly Extent[] {
  const lines = Math.max(lineCount(request.before), lineCount(request.after));
  const extents: Extent[] = [
    {
      definitions: request.definitions.length,
      contextLines: Math.min(lines, MOST_CONTEXT_LINES),
      previousAnswer: request.retry !== undefined,
      imports: request.imports.trim() !== '',
      problems: request.problems.length > 0,
    },
  ];
  const shrink = (change: Partial<Extent>): void => {
    const last = extents.at(-1);
    if (!last) return;
    const next = { ...last, ...change };
    if (JSON.stringify(next) !== JSON.stringify(last)) extents.push(next);
  };
  const context = (most: number): void => {
    shrink({ contextLines: Math.min(most, extents.at(-1)?.contextLines ?? 0) });
  };
  for (let kept = request.definitions.length - 1; kept >= 0; kept--) shrink({ definitions: kept });
  context(80);
  context(40);
  shrink({ previousAnswer: false });
  shrink({ imports: false });
  context(20);
  context(10);
  shrink({ problems: false });
  context(4);
  context(0);
  return extents;
}

function droppedParts(extents: readonly Extent[]): readonly DroppedPart[] {
  const dropped: DroppedPart[] = [];
  extents.forEach((extent, i) => {
    const before = extents[i - 1];
    if (!before) return;
    const part: DroppedPart =
      extent.definitions !== before.definitions
        ? 'definitions'
        : extent.contextLines !== before.contextLines
          ? 'context'
          : extent.previousAnswer !== before.previousAnswer
            ? 'previousAnswer'
            : extent.imports !== before.imports
              ? 'imports'
              : 'problems';
    if (!dropped.includes(part)) dropped.push(part);
  });
  return dropped;
}

/** The form of `renderQuestion`: the code that is attached, then the question. */
function compactMessage(request: RefactorRequest): ChatMessage {
  const { path, languageId, lines, instruction } = request;
  const excerpt = renderExcerpt({
    path,
    languageId,
    text: wholeLines(request).selection.replace(/\s+$/u, ''),
    ...(lines === undefined ? {} : { lines }),
  });
  return { role: 'user', content: `${excerpt}\n\n${instruction}` };
}

function fullMessages(request: RefactorRequest, extent: Extent): readonly ChatMessage[] {
  const question = fullQuestion(request, extent);
  const { retry } = request;
  if (retry === undefined) return [{ role: 'user', content: question }];
  if (!extent.previousAnswer || retry.answer.trim() === '') {
    return [
      { role: 'user', content: `${question}\n\nAn earlier answer could not be used. ${retry.whatWasWrong}` },
    ];
  }
  return [
    { role: 'user', content: question },
    { role: 'assistant', content: retry.answer.trim() },
    {
      role: 'user',
      content: `Your answer could not be used. ${retry.whatWasWrong} Answer the same question again.`,
    },
  ];
}

function fullQuestion(request: RefactorRequest, extent: Extent): string {
  const { path, languageId, imports, problems, instruction } = request;
  const { selection, before } = wholeLines(request);
  const tag = fenceTag(languageId);
  const near = lastLines(before, extent.contextLines);
  const far = firstLines(request.after, extent.contextLines);
  const code = (title: string, text: string): readonly string[] =>
    text.trim() === '' ? [] : [`${title}\n\n${fence(text, tag)}`];
  return [
    `This is about code in ${inlineCode(path)}.`,
    ...(extent.imports ? code('Imports of the file:', imports) : []),
    ...request.definitions.slice(0, extent.definitions).map(renderDefinition),
    ...code('Code before the selected code:', near),
    ...code('Code after the selected code:', far),
    ...(extent.problems ? [renderProblems(path, problems)] : []),
    `The selected code:\n\n${fence(selection, tag)}`,
    instruction,
    request.answer === 'edit' ? EDIT_FORM : TEXT_FORM,
  ].join('\n\n');
}

const EDIT_FORM =
  'Answer with exactly one fenced code block: the whole new text of the selected code, every line of it, ready to take its place. ' +
  'No code from before or after it, no diff, nothing left out with dots, no explanation. Keep its indentation, and leave alone what the ' +
  'instruction does not ask to change.';
const TEXT_FORM = 'Answer in a few sentences.';

function renderDefinition({ name, path, languageId, text }: Definition): string {
  return `${inlineCode(name)} is defined in ${inlineCode(path)}:\n\n${fence(text, fenceTag(languageId))}`;
}

/** A selection that begins behind its line's indentation, with it: the model should see how deep it stands. */
function wholeLines(request: RefactorRequest): { readonly before: string; readonly selection: string } {
  const { before } = request;
  const selection = request.selection.replaceAll(/\r\n?/gu, '\n');
  const [indentation = ''] = /[ \t]*$/u.exec(before) ?? [];
  const from = before.length - indentation.length;
  const beginsLine = from === 0 || /[\r\n]/u.test(before.charAt(from - 1));
  return beginsLine && indentation !== ''
    ? { before: before.slice(0, from), selection: indentation + selection }
    : { before, selection };
}

const lineCount = (text: string): number => (text === '' ? 0 : text.split('\n').length);

/** Blank lines at the ends of what is left say nothing. */
function lastLines(text: string, count: number): string {
  return count === 0
    ? ''
    : trimBlankLines(
        text
          .split(/\r\n|\r|\n/u)
          .slice(-count)
          .join('\n'),
      );
}

function firstLines(text: string, count: number): string {
  return count === 0
    ? ''
    : trimBlankLines(
        text
          .split(/\r\n|\r|\n/u)
          .slice(0, count)
          .join('\n'),
      );
}

const trimBlankLines = (text: string): string => text.replace(/^(?:[ \t]*\n)+/u, '').trimEnd();

function tooLong(promptTokens: number, budgetTokens: number): GlassboxError {
  return new GlassboxError(
    'context/overflow',
    `The selected code and the instruction take ${promptTokens} tokens, and the model has room for ${budgetTokens}. Select less, or raise ` +
      'glassbox.context.tokens.',
  );
}
