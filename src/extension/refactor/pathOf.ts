import * as vscode from 'vscode';

/** A document's path as people and models read it, relative to the workspace where it is in one. A notebook's cell has its notebook's. */
export function pathOf(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri.scheme === 'vscode-notebook-cell' ? uri.fsPath : uri);
}
