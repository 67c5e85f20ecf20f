import * as vscode from 'vscode';

/** The end of what the active terminal shows, for the model to read; the clipboard is put back as it was. */
export async function terminalText(mostLines: number): Promise<string> {
  const before = await vscode.env.clipboard.readText();
  try {
    await vscode.commands.executeCommand('workbench.action.terminal.selectAll');
    await vscode.commands.executeCommand('workbench.action.terminal.copySelection');
    await vscode.commands.executeCommand('workbench.action.terminal.clearSelection');
    const text = await vscode.env.clipboard.readText();
    return text === before ? '' : text.trimEnd().split('\n').slice(-mostLines).join('\n');
  } finally {
    await vscode.env.clipboard.writeText(before);
  }
}
