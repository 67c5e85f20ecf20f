import * as vscode from 'vscode';
import type { RefactorRequest } from '../../refactor/refactorRequest.ts';
import { definitionsOf } from './definitionsOf.ts';
import { importLines } from './importLines.ts';
import type { RefactorSession } from './refactorSession.ts';

/** What a model that can use it is told beside the selection: the file's imports, and the definitions of what is used. */
export async function gatherContext(
  session: RefactorSession,
): Promise<Pick<RefactorRequest, 'imports' | 'definitions' | 'lines'>> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(session.task.uri, true));
  const { start, end } = session.range;
  const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
  const head = document.getText(new vscode.Range(0, 0, range.start.line, 0)).split(/\r?\n/u);
  return {
    imports: importLines(head).join('\n'),
    definitions: await definitionsOf(document, range),
    lines: { first: range.start.line + 1, last: range.end.line + 1 },
  };
}
