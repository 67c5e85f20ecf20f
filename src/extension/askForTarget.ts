import os from 'node:os';
import * as vscode from 'vscode';

/** Asks where a file is to be written, at first in the folder that is open. Undefined when it is not to be written. */
export function askForTarget(options: {
  readonly title: string;
  readonly fileName: string;
  /** Endings by what they are called, without the dot. */
  readonly filters: Readonly<Record<string, string[]>>;
}): Thenable<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(os.homedir());
  return vscode.window.showSaveDialog({
    title: options.title,
    defaultUri: vscode.Uri.joinPath(folder, options.fileName),
    filters: options.filters,
  });
}
