import type { Problem } from '../reasoning/prompts/problem.ts';

export const REFACTORING_IDS = [
  'rename',
  'simplify',
  'guardClauses',
  'extractConstant',
  'extractFunction',
  'modernSyntax',
  'addTypes',
  'addDocComment',
  'explain',
  'fixProblem',
] as const;
export type RefactoringId = (typeof REFACTORING_IDS)[number];

/** What becomes of the answer: an edit to review, or a text to read. */
export type AnswerKind = 'edit' | 'text';

/** A refactoring that is ready made, as data. What it does in one language or another is the model's business. */
export interface Refactoring {
  readonly id: RefactoringId;
  /** In English; who shows it translates it. */
  readonly title: string;
  /** One of VS Code's code action kinds. Absent: it changes nothing, so it is no code action. */
  readonly codeActionKind?:
    'refactor.rewrite' | 'refactor.extract.constant' | 'refactor.extract.function' | 'quickfix';
  /** What the model is told. */
  readonly instruction: string;
  readonly answer: AnswerKind;
}

export const REFACTORINGS: readonly Refactoring[] = [
  {
    id: 'rename',
    title: 'Rename for Clarity',
    codeActionKind: 'refactor.rewrite',
    instruction:
      'Give the local variables, parameters and private helpers in the selected code names that say what they hold. ' +
      'Names that code elsewhere may use (exported ones, functions, public members, properties) stay as they are.',
    answer: 'edit',
  },
  {
    id: 'simplify',
    title: 'Simplify',
    codeActionKind: 'refactor.rewrite',
    instruction:
      'Make the selected code simpler and shorter where that makes it easier to read. It must do exactly what it did.',
    answer: 'edit',
  },
  {
    id: 'guardClauses',
    title: 'Use Guard Clauses',
    codeActionKind: 'refactor.rewrite',
    instruction:
      'Replace nested conditions by guard clauses: the special cases return (or continue, or throw) first, and the main case ' +
      'is no longer nested. It must do exactly what it did.',
    answer: 'edit',
  },
  {
    id: 'extractConstant',
    title: 'Extract Constant',
    codeActionKind: 'refactor.extract.constant',
    instruction:
      'Give the literal values in the selected code that have a meaning named constants, declared at the top of the selected code ' +
      'in the manner of its language, and use them wherever the values mean this.',
    answer: 'edit',
  },
  {
    id: 'extractFunction',
    title: 'Extract Function',
    codeActionKind: 'refactor.extract.function',
    instruction:
      'Move the part of the selected code that is a step of its own into a new function with a name that says what it does, declared ' +
      'beside the function that it came from, and call it there. It must do exactly what it did.',
    answer: 'edit',
  },
  {
    id: 'modernSyntax',
    title: 'Use Modern Syntax',
    codeActionKind: 'refactor.rewrite',
    instruction:
      'Write the selected code with the syntax that its language recommends today instead of older forms. It must do exactly what ' +
      'it did, with the same libraries.',
    answer: 'edit',
  },
  {
    id: 'addTypes',
    title: 'Add Types',
    codeActionKind: 'refactor.rewrite',
    instruction:
      'Add the types that the selected code leaves out, to parameters, results and variables where they are not obvious: as ' +
      'annotations where the language has them, else in documentation comments. Change nothing else.',
    answer: 'edit',
  },
  {
    id: 'addDocComment',
    title: 'Add Doc Comment',
    codeActionKind: 'refactor.rewrite',
    instruction:
      "Add a documentation comment, in the form that is usual in the language, to the selected code's declaration: what it does, its " +
      'parameters, its result, its errors. Change no code.',
    answer: 'edit',
  },
  {
    id: 'explain',
    title: 'Explain',
    instruction: 'Explain what the selected code does, and what somebody who changes it should know.',
    answer: 'text',
  },
  {
    id: 'fixProblem',
    title: 'Fix This Problem',
    codeActionKind: 'quickfix',
    instruction: 'Fix the reported problem, with as small a change as possible.',
    answer: 'edit',
  },
];

export function refactoringOf(id: RefactoringId): Refactoring {
  const found = REFACTORINGS.find((each) => each.id === id);
  if (!found) throw new RangeError(`there is no refactoring ${id}`);
  return found;
}

/** The instruction with the message of the problem that it is about. */
export function instructionWith(
  refactoring: Refactoring,
  problem?: Pick<Problem, 'message' | 'code'>,
): string {
  if (problem === undefined) return refactoring.instruction;
  const message = problem.message.trim().replaceAll(/\s*\n\s*/gu, ' ');
  return `${refactoring.instruction} The problem is: ${message}${problem.code === undefined ? '' : ` (${problem.code})`}`;
}
