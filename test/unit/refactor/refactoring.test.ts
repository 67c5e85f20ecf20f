import { describe, expect, it } from 'vitest';
import { compactInstruction } from '../../../src/refactor/compactInstruction.ts';
import {
  instructionWith,
  REFACTORING_IDS,
  refactoringOf,
  REFACTORINGS,
} from '../../../src/refactor/refactoring.ts';

describe('The ready-made refactorings', () => {
  it('are one for each id', () => {
    expect(REFACTORINGS.map(({ id }) => id)).toEqual(REFACTORING_IDS);
    for (const id of REFACTORING_IDS) expect(refactoringOf(id).id).toBe(id);
  });

  it('are code actions where they change code, and only there', () => {
    for (const { id, codeActionKind, answer } of REFACTORINGS) {
      expect(codeActionKind !== undefined, id).toBe(answer === 'edit');
    }
  });

  it('tell the problem that they are about, on one line', () => {
    expect(
      instructionWith(refactoringOf('fixProblem'), { message: 'Cannot find\n  name a.', code: 'ts(2304)' }),
    ).toBe(
      'Fix the reported problem, with as small a change as possible. The problem is: Cannot find name a. (ts(2304))',
    );
    expect(instructionWith(refactoringOf('simplify'))).toBe(refactoringOf('simplify').instruction);
  });
});

describe('For the embedded model', () => {
  const told = (id: (typeof REFACTORING_IDS)[number], code = 'f();', languageId = 'javascript') => {
    const instruction = compactInstruction(id, languageId, code);
    return instruction.kind === 'instruction' ? [instruction.text, instruction.answer] : instruction.kind;
  };

  it('a refactoring is the sentence that it was trained on', () => {
    expect(told('guardClauses')).toEqual(['Use guard clauses.', 'edit']);
    expect(told('simplify')).toEqual(['Remove the dead code.', 'edit']);
    expect(told('explain')).toEqual(['What does this function do?', 'text']);
    expect(told('fixProblem')).toEqual(['Which line is wrong, and why?', 'text']);
  });

  it.each([
    ['var a = 1;', 'Use const and let instead of var.'],
    ['for (let i = 0; i < a.length; i++) { b(a[i]); }', 'Use for...of.'],
    ['if (a == b) c();', 'Use === instead of ==.'],
    ['if (a != b) c();', 'Use === instead of ==.'],
    ["const a = 'b' + c;", 'Use a template literal.'],
    ["const a = c + 'b';", 'Use a template literal.'],
  ])('modern syntax of %j is “%s”', (code, text) => {
    expect(told('modernSyntax', code)).toEqual([text, 'edit']);
  });

  it('modern code has nothing to modernize', () => {
    expect(told('modernSyntax', 'const f = (a) => a === 1 && a !== 2 && a <= 3 && a >= 4;')).toBe(
      'unsupported',
    );
  });

  it('what it cannot do has a hint that says what to do', () => {
    for (const id of ['rename', 'extractConstant', 'extractFunction', 'addTypes', 'addDocComment'] as const) {
      const instruction = compactInstruction(id, 'typescript', 'f();');
      expect(instruction).toMatchObject({
        kind: 'unsupported',
        hint: expect.stringMatching(/^[A-Z].+\.$|"$/u),
      });
    }
  });

  it('no other language is tried', () => {
    expect(told('guardClauses', 'f()', 'python')).toBe('unsupported');
    expect(told('guardClauses', 'f()', 'typescriptreact')).toEqual(['Use guard clauses.', 'edit']);
  });
});
