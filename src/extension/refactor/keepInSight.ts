import * as vscode from 'vscode';

/** A box is laid out in steps, and as high as it stays only when its input is there. */
const layoutMs = 1500;

/**
 * Scrolls to what stands below `line` as a whole, and again while it grows: VS Code scrolls no further than to the cursor in it, and
 * knows lines only.
 */
export function keepInSight(editor: vscode.TextEditor, line: number): vscode.Disposable {
  const reveal = (): void => {
    const isLast = line + 1 === editor.document.lineCount;
    const shown = isLast ? line : line + 1;
    editor.revealRange(
      new vscode.Range(shown, 0, shown, 0),
      isLast ? vscode.TextEditorRevealType.InCenter : vscode.TextEditorRevealType.Default,
    );
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
