import * as vscode from 'vscode';
import { GlassboxError } from '../../protocol/errors.ts';
import type { EditTarget } from '../../refactor/editTarget.ts';
import type { Syntax } from '../../refactor/syntax/syntax.ts';
import { blockAround, type LineSpan, wholeLines } from './wholeLines.ts';

/**
 * The lines that a refactoring is about: those of the selection; without one the function around the cursor, as the syntax tree has
 * it, or else the lines around the cursor up to the next blank ones.
 * @throws GlassboxError `request/invalid` when there are only blank lines
 */
export async function findTarget(
  document: vscode.TextDocument,
  range: vscode.Range,
  syntax: Syntax,
): Promise<EditTarget> {
  const text = document.getText();
  const span = range.isEmpty
    ? await spanAround(document, text, range.start, syntax)
    : wholeLines((line) => document.lineAt(line).text, {
        startLine: range.start.line,
        endLine: range.end.line,
        endCharacter: range.end.character,
      });
  if (span === undefined) {
    throw new GlassboxError(
      'request/invalid',
      vscode.l10n.t('There is nothing to refactor here. Select code, or put the cursor into a function.'),
    );
  }
  return {
    languageId: document.languageId,
    document: text,
    start: document.offsetAt(new vscode.Position(span.first, 0)),
    end: document.offsetAt(document.lineAt(span.last).range.end),
  };
}

async function spanAround(
  document: vscode.TextDocument,
  text: string,
  cursor: vscode.Position,
  syntax: Syntax,
): Promise<LineSpan | undefined> {
  const found = await syntax.enclosingFunction(document.languageId, text, document.offsetAt(cursor));
  if (found !== undefined && 'start' in found) {
    return { first: document.positionAt(found.start).line, last: document.positionAt(found.end).line };
  }
  const lines = Array.from({ length: document.lineCount }, (_, line) => document.lineAt(line).text);
  return blockAround(lines, cursor.line);
}
