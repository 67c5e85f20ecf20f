import type { AnswerCode, CodeForm, ReplyToJudge } from './answerCode.ts';
import { answerCode } from './answerCode.ts';
import { applyReplacement, type EditTarget, type Replacement, selectedText } from './editTarget.ts';
import { elisionIn } from './elision.ts';
import { fitCode } from './fitCode.ts';
import { rejected, type Rejection } from './rejection.ts';
import { cutFromWholeFile, holdsOutsideCode } from './wholeFile.ts';

/** What had to be done to an answer's code so that it fits its place. */
export type Adjustment =
  /** The whole file was given; what is outside the selection was the same. */
  | 'cutFromFile'
  /** Indentation became the document's. */
  | 'reindented'
  /** The block was not closed, or there was none. */
  | 'unclosedBlock'
  | 'bare';

/** An answer that may become an edit. */
export interface ProposedEdit {
  readonly kind: 'edit';
  /** Never reaches outside the selection. */
  readonly edit: Replacement;
  /** What stands there now. */
  readonly original: string;
  readonly adjustments: readonly Adjustment[];
  /** Whether it may only be used after a syntax check without a new error: the fallbacks of `answerCode`. */
  readonly needsSyntaxCheck: boolean;
}

/**
 * Reads an answer as the new text of a selection, or says why that cannot be. Rules and fallbacks are in docs/refactor.md. Nothing
 * here knows a language; `judgeAnswer` has the syntax checked as well.
 * @param isContent which lines of a code begin inside a string, where white space must stay; absent: none is known to
 */
export function proposedEdit(
  target: EditTarget,
  reply: ReplyToJudge,
  isContent: (code: string) => ReadonlySet<number> = () => new Set(),
): ProposedEdit | Rejection {
  const selected = selectedText(target);
  const code = answerCode(reply, target.languageId, selected);
  if (code.kind === 'rejected') return code;
  const elided = elisionIn(code.lines, selected);
  if (elided !== undefined) return rejected('elided', reply.answer, elided);

  const cut = cutFromWholeFile(target, code.lines);
  if (cut === undefined && holdsOutsideCode(target, code.lines)) return rejected('wholeFile', reply.answer);
  const { text, reindented } =
    cut === undefined ? fitted(target, code, isContent) : { text: cut, reindented: false };
  const edit: Replacement = { start: target.start, end: target.end, text };
  if (applyReplacement(target.document, edit) === target.document) return rejected('unchanged', reply.answer);
  return {
    kind: 'edit',
    edit,
    original: selected,
    adjustments: [
      ...(cut === undefined ? [] : ['cutFromFile' as const]),
      ...(reindented ? ['reindented' as const] : []),
      ...formAdjustment(code.form),
    ],
    needsSyntaxCheck: code.form !== 'block',
  };
}

function fitted(
  target: EditTarget,
  { lines }: AnswerCode,
  isContent: (code: string) => ReadonlySet<number>,
): { readonly text: string; readonly reindented: boolean } {
  const content = isContent(lines.join('\n'));
  return fitCode(target, lines, (line) => content.has(line));
}

const formAdjustment = (form: CodeForm): readonly Adjustment[] => (form === 'block' ? [] : [form]);
