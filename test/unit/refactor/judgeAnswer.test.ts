import { describe, expect, it } from 'vitest';
import { applyReplacement } from '../../../src/refactor/editTarget.ts';
import { judgeAnswer } from '../../../src/refactor/judgeAnswer.ts';
import { patientSyntax } from '../../support/syntaxFiles.ts';
import { asked, METHOD_TARGET, NEW_CART, recorded, targetAt } from './cart.ts';

const syntax = patientSyntax();

describe('An answer', () => {
  it.each(['block', 'text-around', 'dedented', 'four-spaces', 'tabs', 'whole-file', 'unclosed', 'bare'])(
    'like “%s” becomes an edit whose syntax was checked',
    async (name) => {
      const judged = await judgeAnswer(METHOD_TARGET, recorded(name), syntax);
      expect(judged).toMatchObject({ kind: 'edit', syntax: { kind: 'checked' } });
      if (judged.kind === 'edit')
        expect(applyReplacement(METHOD_TARGET.document, judged.edit)).toBe(NEW_CART);
    },
  );

  it('with a new syntax error is rejected, and it is said which', async () => {
    expect(await judgeAnswer(METHOD_TARGET, recorded('syntax-error'), syntax)).toMatchObject({
      kind: 'rejected',
      reason: 'syntaxErrors',
      detail: expect.stringMatching(/^line \d+: /u),
    });
  });

  it('in another language that does not say so has syntax errors', async () => {
    expect(await judgeAnswer(METHOD_TARGET, recorded('other-language-untagged'), syntax)).toMatchObject({
      reason: 'syntaxErrors',
    });
  });

  it('that was cut off is no code, also where the model ended it itself', async () => {
    expect(await judgeAnswer(METHOD_TARGET, recorded('truncated'), syntax)).toMatchObject({
      kind: 'rejected',
      reason: 'syntaxErrors',
    });
  });

  it('with a sentence that shares words with the code is no code', async () => {
    const target = targetAt('return total(items, price);\n', 'return total(items, price);\n', 'javascript');
    expect(await judgeAnswer(target, asked('The total of items and price.'), syntax)).toMatchObject({
      reason: 'noCode',
    });
  });
});

describe('Where the syntax cannot be checked', () => {
  const target = targetAt('local a = 1\n', 'local a = 1\n', 'lua');

  it('a code block becomes an edit, and it is said that nothing was checked', async () => {
    expect(await judgeAnswer(target, asked('```lua\nlocal b = 1\n```'), syntax)).toMatchObject({
      kind: 'edit',
      syntax: { kind: 'unchecked', why: 'language', sentence: expect.stringContaining('lua') },
    });
  });

  it('what is not one closed block does not', async () => {
    expect(await judgeAnswer(target, asked('local b = 1'), syntax)).toMatchObject({ reason: 'noCode' });
    expect(await judgeAnswer(target, asked('```lua\nlocal b = 1\n'), syntax)).toMatchObject({
      reason: 'unclosed',
    });
  });
});

it('Text inside of strings keeps its white space when the code around it is indented', async () => {
  const document = 'class A {\n    text() {\n        return 1;\n    }\n}\n';
  const target = targetAt(document, '    text() {\n        return 1;\n    }\n', 'javascript');
  const judged = await judgeAnswer(target, asked('```js\ntext() {\n  return `\n a\n   b`;\n}\n```'), syntax);
  expect(judged).toMatchObject({ edit: { text: '    text() {\n        return `\n a\n   b`;\n    }\n' } });
});
