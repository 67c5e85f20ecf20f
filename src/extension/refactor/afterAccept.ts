import * as vscode from 'vscode';
import { GlassboxError } from '../../protocol/errors.ts';
import { fence } from '../../reasoning/prompts/fence.ts';
import type { RefactorTask } from './refactorTask.ts';
import { runTaskAfterAccept } from './runTaskAfterAccept.ts';
import { terminalText } from './terminalText.ts';

/** A refactoring that is in its document now. */
export interface AcceptedRefactoring {
  readonly task: RefactorTask;
  /** Where it begins, in UTF-16 units of the document. */
  readonly start: number;
  readonly before: string;
  readonly after: string;
}

export interface AfterAcceptOptions {
  /** Asks the model about a place of a document. */
  readonly fix: (
    document: vscode.TextDocument,
    range: vscode.Range,
    asked: { readonly title: string; readonly instruction: string },
  ) => Promise<void>;
}

/** Of what a failed task printed, the model sees the end. */
const failureLines = 40;

/** Runs the task that the settings name; where it fails, offers to undo or to give the failure to the model. */
export async function afterAccept(accepted: AcceptedRefactoring, options: AfterAcceptOptions): Promise<void> {
  const t = vscode.l10n.t;
  const uri = vscode.Uri.parse(accepted.task.uri, true);
  const wanted = vscode.workspace.getConfiguration('glassbox.refactor', uri).get<unknown>('afterAccept.task');
  const outcome = await runTaskAfterAccept(typeof wanted === 'string' ? wanted : '');
  if (outcome === undefined) return;
  if (outcome.exitCode === 0) {
    vscode.window.setStatusBarMessage(t('"{0}" passed after the refactoring.', outcome.name), 5000);
    return;
  }
  const undo = t('Undo the Refactoring');
  const fix = t('Give the Failure to the Model');
  const chosen = await vscode.window.showWarningMessage(
    t('Glassbox: "{0}" failed after "{1}".', outcome.name, accepted.task.title),
    undo,
    fix,
  );
  if (chosen === undefined) return;
  const document = await vscode.workspace.openTextDocument(uri);
  const range = placeOf(document, accepted);
  if (chosen === undo) {
    const edit = new vscode.WorkspaceEdit();
    edit.replace(uri, range, accepted.before);
    await vscode.workspace.applyEdit(edit);
    return;
  }
  const output = await terminalText(failureLines);
  await vscode.window.showTextDocument(document);
  await options.fix(document, range, {
    title: t('Fix "{0}"', outcome.name),
    instruction: `After a refactoring, "${outcome.name}" fails. Fix the selected code with as small a change as possible.${
      output === '' ? '' : ` It printed:\n\n${fence(output, '')}`
    }`,
  });
}

/** @throws GlassboxError `request/invalid` when it is not found any more */
function placeOf(document: vscode.TextDocument, { start, after, task }: AcceptedRefactoring): vscode.Range {
  const text = document.getText();
  const at = text.startsWith(after, start) ? start : text.indexOf(after);
  if (at < 0) {
    throw new GlassboxError(
      'request/invalid',
      vscode.l10n.t(
        '{0} has changed since, so the refactoring is not found in it any more. Use undo in its editor.',
        task.path,
      ),
    );
  }
  return new vscode.Range(document.positionAt(at), document.positionAt(at + after.length));
}
