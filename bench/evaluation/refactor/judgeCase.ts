import type { ReplyToJudge } from '../../../src/refactor/answerCode.ts';
import { applyReplacement } from '../../../src/refactor/editTarget.ts';
import { judgeAnswer } from '../../../src/refactor/judgeAnswer.ts';
import type { Syntax } from '../../../src/refactor/syntax/syntax.ts';
import { type Behaviour, behaviourOf } from './behaviour.ts';
import type { RefactorCase } from './refactorCase.ts';
import type { Verdict } from './refactorResults.ts';

/** Pushes an answer through everything that stands between a model and a document, and runs what comes out. */
export async function judgeCase(each: RefactorCase, reply: ReplyToJudge, syntax: Syntax): Promise<Verdict> {
  const judged = await judgeAnswer(each.target, reply, syntax);
  if (judged.kind === 'rejected') return { outcome: judged.reason, detail: judged.detail };
  const { text } = judged.edit;
  const followed =
    each.has.every((wanted) => wanted.test(text)) && each.lacks.every((unwanted) => !unwanted.test(text));
  return {
    outcome: 'accepted',
    syntaxChecked: judged.syntax.kind === 'checked',
    followed,
    behaviour: verdictOf(await behaviourOf(each, applyReplacement(each.target.document, judged.edit))),
  };
}

function verdictOf(behaviour: Behaviour): Extract<Verdict, { outcome: 'accepted' }>['behaviour'] {
  switch (behaviour.kind) {
    case 'kept':
      return { kind: 'kept' };
    case 'changed':
      return { kind: 'changed', got: behaviour.got };
    case 'notRun':
      return { kind: 'notRun', why: behaviour.why };
  }
}
