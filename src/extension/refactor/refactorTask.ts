import type { Problem } from '../../reasoning/prompts/problem.ts';
import type { AnswerKind, RefactoringId } from '../../refactor/refactoring.ts';

/** What a user asked for, before a model is there. */
export interface RefactorTask {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly uri: string;
  /** Relative to the workspace where there is one. */
  readonly path: string;
  readonly languageId: string;
  /** What people see, for example “Use Guard Clauses”. */
  readonly title: string;
  /** What the model is told; for a ready-made refactoring the small model has words of its own. */
  readonly instruction: string;
  readonly refactoring?: RefactoringId;
  readonly answer: AnswerKind;
  /** Of the diagnostic that is to be fixed, or those in the range. */
  readonly problems: readonly Problem[];
}
