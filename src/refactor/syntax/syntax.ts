import type { Replacement } from '../editTarget.ts';
import type { EnclosingFunction } from './enclosingFunction.ts';
import type { SyntaxCheck, Unchecked } from './syntaxCheck.ts';

/** What refactoring asks of a parser. `TreeSitterSyntax` answers it. Nothing here throws: a parser that fails is `unchecked`. */
export interface Syntax {
  /** The errors that the document would have after the edit and does not have before. */
  check(languageId: string, document: string, edit: Replacement): Promise<SyntaxCheck>;
  /** The innermost function around an offset (UTF-16); undefined where there is none. */
  enclosingFunction(
    languageId: string,
    document: string,
    offset: number,
  ): Promise<EnclosingFunction | Unchecked | undefined>;
  /** The lines of a code, counted from 0, that begin inside a string, so that their white space is content. None where unchecked. */
  contentLines(languageId: string, code: string): Promise<ReadonlySet<number>>;
}
