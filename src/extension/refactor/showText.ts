import * as vscode from 'vscode';

/** Opens a text as a new untitled document. */
export async function showText(language: string, content: string): Promise<void> {
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language, content }));
}
