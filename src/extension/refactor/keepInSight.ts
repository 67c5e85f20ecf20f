import * as vscode from 'vscode';

/** A box is laid out in steps, and as high as it stays only when its input is there. */
const layoutMs = 1500;

/**
 * Scrolls to what stands below `line` as a whole, and again while it grows: VS Code scrolls no further than to the cursor in it. What
 * stands above a line that is seen is seen, and behind the last line there is half an editor for it.
 */
export function keepInSight(editor: vscode.TextEditor, line: number): vscode.Disposable {
  const reveal = (): void => {
    if (line + 1 === editor.document.lineCount) {
      const last = new vscode.Range(line, 0, line, 0);
      editor.revealRange(last, vscode.TextEditorRevealType.InCenter);
      return;
    }
    const next = new vscode.Range(line + 1, 0, line + 1, 0);
    if (!editor.visibleRanges.some((range) => range.contains(next))) editor.revealRange(next);
  };
  reveal();
  const listener = vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => {
    if (textEditor === editor) reveal();
  });
  // From then on who scrolls is the user.
  const end = setTimeout(() => listener.dispose(), layoutMs);
  return {
    dispose: () => {
      clearTimeout(end);
      listener.dispose();
    },
  };
}
