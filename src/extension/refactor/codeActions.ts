import * as vscode from 'vscode';
import { REFACTORINGS } from '../../refactor/refactoring.ts';
import { isRefactorable } from './documentRules.ts';

/** A cursor in a file with many problems is no reason for a long list. */
const mostFixes = 3;

/** What the light bulb offers. It is computed at once; the model runs only when an action is chosen. */
export class RefactorCodeActions implements vscode.CodeActionProvider {
  static readonly kinds: readonly vscode.CodeActionKind[] = [
    vscode.CodeActionKind.RefactorRewrite,
    vscode.CodeActionKind.RefactorExtract,
    vscode.CodeActionKind.QuickFix,
  ];

  provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    { diagnostics, only, triggerKind }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    if (!isRefactorable(document)) return [];
    const fixes = diagnostics.slice(0, mostFixes).map((diagnostic) => {
      const action = new vscode.CodeAction(
        vscode.l10n.t('Fix with Glassbox: {0}', shortened(diagnostic.message)),
        vscode.CodeActionKind.QuickFix,
      );
      action.diagnostics = [diagnostic];
      action.command = {
        command: 'glassbox.refactor.fixProblem',
        title: action.title,
        arguments: [document.uri, diagnostic.range, diagnostic.message],
      };
      return action;
    });
    // A cursor that merely rests somewhere asks for nothing; a selection, or the user, does.
    const isAsked =
      !range.isEmpty || triggerKind === vscode.CodeActionTriggerKind.Invoke || only !== undefined;
    const rewrites = !isAsked
      ? []
      : REFACTORINGS.filter(
          ({ id, codeActionKind }) => codeActionKind !== undefined && id !== 'fixProblem',
        ).map(({ id, title, codeActionKind = '' }) => {
          const action = new vscode.CodeAction(
            vscode.l10n.t('{0} with Glassbox', vscode.l10n.t(title)),
            vscode.CodeActionKind.Empty.append(codeActionKind),
          );
          action.command = {
            command: `glassbox.refactor.${id}`,
            title: action.title,
            arguments: [document.uri, range],
          };
          return action;
        });
    return [...fixes, ...rewrites].filter(
      ({ kind }) => only === undefined || (kind !== undefined && only.contains(kind)),
    );
  }
}

function shortened(message: string): string {
  const line = message.split('\n', 1)[0] ?? '';
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
