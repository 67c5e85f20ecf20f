import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { readCases } from '../../../../../bench/evaluation/refactor/refactorCase.ts';
import { applyReplacement } from '../../../../../src/refactor/editTarget.ts';
import { growingEdit } from '../../../../../src/refactor/growingEdit.ts';
import { applyHunks, hunksOf } from '../../../../../src/refactor/hunks.ts';
import { judgeAnswer } from '../../../../../src/refactor/judgeAnswer.ts';
import { REJECTION_REASONS } from '../../../../../src/refactor/rejection.ts';
import { patientSyntax } from '../../../../support/syntaxFiles.ts';

const fixtures = new URL('../../../../fixtures/refactor/', import.meta.url);
const Recorded = v.array(
  v.object({
    id: v.string(),
    finishReason: v.picklist(['stop', 'loop']),
    outcome: v.picklist(['accepted', ...REJECTION_REASONS]),
    answer: v.string(),
  }),
);
const cases = await readCases(new URL('cases/', fixtures).pathname);
const answers = v.parse(
  Recorded,
  JSON.parse(await readFile(new URL('answers/glassbox-nano.json', fixtures), 'utf8')),
);
const syntax = patientSyntax();

it('What the embedded model really answered to every case is judged as it was, and no document is damaged', async () => {
  expect(answers.map(({ id }) => id)).toEqual(cases.map(({ id }) => id));
  const outcomes: (readonly [string, string])[] = [];
  for (const [i, reply] of answers.entries()) {
    const target = cases[i]?.target;
    if (!target) throw new Error(`there is no case ${reply.id}`);
    const judged = await judgeAnswer(target, reply, syntax);
    outcomes.push([reply.id, judged.kind === 'edit' ? 'accepted' : judged.reason]);
    if (judged.kind !== 'edit') continue;
    const { original, edit } = judged;
    const edited = applyReplacement(target.document, edit);
    expect(edited.startsWith(target.document.slice(0, target.start))).toBe(true);
    expect(edited.endsWith(target.document.slice(target.end))).toBe(true);
    const hunks = hunksOf(original, edit.text);
    expect(applyHunks(original, hunks, new Set(hunks.map(({ id }) => id)))).toBe(edit.text);
    // What was shown while it was written ends as what is proposed.
    expect(growingEdit(target, reply.answer)?.hunks).toEqual(hunks);
  }
  expect(outcomes).toEqual(answers.map(({ id, outcome }) => [id, outcome]));
});
