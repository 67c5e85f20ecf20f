import type { ReplyToJudge } from '../../../src/refactor/answerCode.ts';
import { applyReplacement } from '../../../src/refactor/editTarget.ts';
import { judgeAnswer } from '../../../src/refactor/judgeAnswer.ts';
import type { Syntax } from '../../../src/refactor/syntax/syntax.ts';
import { behavioursOf } from './behaviour.ts';
import type { RefactorCase } from './refactorCase.ts';
import type { Verdict } from './refactorResults.ts';

/** Pushes answers through everything that stands between a model and a document, and runs what comes out. */
export async function judgeCase(
  each: RefactorCase,
  replies: readonly ReplyToJudge[],
  syntax: Syntax,
): Promise<readonly Verdict[]> {
  const judged = await Promise.all(replies.map((reply) => judgeAnswer(each.target, reply, syntax)));
  const edits = judged.flatMap((one) => (one.kind === 'edit' ? [one] : []));
  const behaviours =
    edits.length === 0
      ? []
      : await behavioursOf(
          each,
          edits.map(({ edit }) => applyReplacement(each.target.document, edit)),
        );
  return judged.map((one): Verdict => {
    if (one.kind === 'rejected') return { outcome: one.reason, detail: one.detail };
    const behaviour = behaviours[edits.indexOf(one)];
    if (!behaviour) throw new RangeError(`there is no behaviour of an edit of ${each.id}`);
    const { text } = one.edit;
    const followed =
      each.has.every((wanted) => wanted.test(text)) && each.lacks.every((unwanted) => !unwanted.test(text));
    return { outcome: 'accepted', syntaxChecked: one.syntax.kind === 'checked', followed, behaviour };
  });
}
