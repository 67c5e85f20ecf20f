import { expect, it } from 'vitest';
import { adjustmentSentence } from '../../../src/refactor/adjustmentSentence.ts';
import { judgeAnswer } from '../../../src/refactor/judgeAnswer.ts';
import { patientSyntax } from '../../support/syntaxFiles.ts';
import { METHOD_TARGET, recorded } from './cart.ts';

const syntax = patientSyntax();

it.each([
  ['block', []],
  ['dedented', []],
  ['whole-file', [expect.stringContaining('the whole file')]],
  ['unclosed', [expect.stringContaining('not closed')]],
  ['bare', [expect.stringContaining('no code block')]],
])('The user is told by which fallback “%s” became an edit', async (name, sentences) => {
  const judged = await judgeAnswer(METHOD_TARGET, recorded(name), syntax);
  if (judged.kind === 'rejected') throw new Error(judged.reason);
  expect(judged.adjustments.map(adjustmentSentence).filter((each) => each !== undefined)).toEqual(sentences);
});
