import * as vscode from 'vscode';
import { schemes } from '../schemes.ts';

/** A document's path as people and models read it, relative to the workspace where it is in one. A notebook's cell has its notebook's. */
export function pathOf(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri.scheme === schemes.notebookCell ? uri.fsPath : uri);
}
