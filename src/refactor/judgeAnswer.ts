import type { ReplyToJudge } from './answerCode.ts';
import type { EditTarget } from './editTarget.ts';
import { proposedEdit, type ProposedEdit } from './proposedEdit.ts';
import { rejected, type Rejection } from './rejection.ts';
import type { Unchecked } from './syntax/syntaxCheck.ts';
import type { Syntax } from './syntax/syntax.ts';

/** An answer that may be shown as an edit, and whether its syntax was checked. */
export type AcceptedEdit = ProposedEdit & {
  /** `checked`: the file after the edit has no error that it did not have before. */
  readonly syntax: { readonly kind: 'checked' } | Unchecked;
};

/** Reads an answer as an edit by every rule of docs/refactor.md, the syntax tree of the file after the edit among them. */
export async function judgeAnswer(
  target: EditTarget,
  reply: ReplyToJudge,
  syntax: Syntax,
): Promise<AcceptedEdit | Rejection> {
  // Which lines begin inside a string is asked of the parser before the code can be indented, which asks for it at once.
  const asked = new Set<string>();
  proposedEdit(target, reply, (code) => (asked.add(code), new Set()));
  const content = new Map<string, ReadonlySet<number>>();
  for (const code of asked) content.set(code, await syntax.contentLines(target.languageId, code));

  const proposal = proposedEdit(target, reply, (code) => content.get(code) ?? new Set());
  if (proposal.kind === 'rejected') return proposal;
  const check = await syntax.check(target.languageId, target.document, proposal.edit);
  if (check.kind === 'unchecked') {
    if (!proposal.needsSyntaxCheck) return { ...proposal, syntax: check };
    return rejected(proposal.adjustments.includes('bare') ? 'noCode' : 'unclosed', reply.answer);
  }
  const [error] = check.newErrors;
  if (!error) return { ...proposal, syntax: { kind: 'checked' } };
  // What nothing said to be code, and what is none, is a text.
  if (proposal.adjustments.includes('bare')) return rejected('noCode', reply.answer);
  return rejected('syntaxErrors', reply.answer, error.description);
}
