import * as vscode from 'vscode';
import { GlassboxError } from '../../protocol/errors.ts';
import { codeless } from '../codeless.ts';
import { schemes } from '../schemes.ts';
import { pathOf } from './pathOf.ts';

/** Documents that only show something: besides those without code, older versions, what runs, and our own. */
const shownOnly: ReadonlySet<string> = new Set([
  ...codeless,
  'debug',
  'git',
  'gitfs',
  'vscode-notebook-cell-output',
  schemes.review,
]);

/** Whether refactoring is offered in a document at all. */
export function isRefactorable(document: vscode.TextDocument): boolean {
  return !shownOnly.has(document.uri.scheme);
}

/**
 * @param wantsEdit a text about the code may be asked for where nothing can be written
 * @throws GlassboxError `request/invalid` with what the document's kind does not allow
 */
export async function requireRefactorable(document: vscode.TextDocument, wantsEdit: boolean): Promise<void> {
  const path = pathOf(document.uri);
  if (!isRefactorable(document)) {
    throw new GlassboxError(
      'request/invalid',
      vscode.l10n.t('{0} is not a file to be edited. Open the file that it shows.', path),
    );
  }
  if (wantsEdit && (await isReadOnly(document))) {
    throw new GlassboxError(
      'request/invalid',
      vscode.l10n.t(
        '{0} is read-only, so nothing in it can be refactored. Glassbox: Explain works here.',
        path,
      ),
    );
  }
}

async function isReadOnly(document: vscode.TextDocument): Promise<boolean> {
  if (document.isUntitled || document.uri.scheme === schemes.notebookCell) return false;
  // A scheme without a file system is one that only shows texts, as VS Code's own default settings.
  if (vscode.workspace.fs.isWritableFileSystem(document.uri.scheme) !== true) return true;
  try {
    const { permissions = 0 } = await vscode.workspace.fs.stat(document.uri);
    return (permissions & vscode.FilePermission.Readonly) !== 0;
  } catch {
    // Not on the disk (yet): whether it can be written is told when it is.
    return false;
  }
}
