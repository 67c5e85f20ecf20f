import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';

/** A terminal that is shown for the first time has nothing to select until it is drawn, and nothing tells when that is. */
const waitsMs = [500, 1000, 2000];

/**
 * The end of what a terminal shows, for the model to read. Extensions get it through the clipboard only, which is put back as it was.
 * @param name of the terminal, as a task names its own
 * @returns '' where there is no such terminal or nothing in it
 */
export async function terminalText(name: string, mostLines: number): Promise<string> {
  const terminal = vscode.window.terminals.findLast((each) => each.name === name);
  if (terminal === undefined) return '';
  // The commands work on the active one, which may be another. It is also what the user wants to see now.
  terminal.show(true);
  const before = await vscode.env.clipboard.readText();
  try {
    for (const waitMs of waitsMs) {
      await delay(waitMs);
      await vscode.env.clipboard.writeText('');
      await vscode.commands.executeCommand('workbench.action.terminal.selectAll');
      await vscode.commands.executeCommand('workbench.action.terminal.copySelection');
      await vscode.commands.executeCommand('workbench.action.terminal.clearSelection');
      const text = await vscode.env.clipboard.readText();
      if (text.trim() !== '') return text.trimEnd().split('\n').slice(-mostLines).join('\n');
    }
    return '';
  } finally {
    await vscode.env.clipboard.writeText(before);
  }
}
