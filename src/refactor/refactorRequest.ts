import type { Problem } from '../reasoning/prompts/problem.ts';
import type { AnswerKind } from './refactoring.ts';

/** Something that the selected code uses and that is declared elsewhere. */
export interface Definition {
  readonly name: string;
  readonly path: string;
  readonly languageId: string;
  readonly text: string;
}

/** An answer that could not be used, and what was wrong with it (`Rejection.forModel`). */
export interface RetryNote {
  readonly answer: string;
  readonly whatWasWrong: string;
}

/** All that is known about what to refactor. Texts are as they stand in the document. */
export interface RefactorRequest {
  readonly languageId: string;
  /** Relative to the workspace where there is one. */
  readonly path: string;
  readonly selection: string;
  /** Of the selection; they count from 1 and both are included. */
  readonly lines?: { readonly first: number; readonly last: number };
  /** The document up to the selection, or the end of that. */
  readonly before: string;
  /** The document from the selection on, or the beginning of that. */
  readonly after: string;
  /** The lines that import; empty where there are none. */
  readonly imports: string;
  /** Most important first. */
  readonly definitions: readonly Definition[];
  readonly problems: readonly Problem[];
  readonly instruction: string;
  readonly answer: AnswerKind;
  readonly retry?: RetryNote;
}
