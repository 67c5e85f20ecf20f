import * as vscode from 'vscode';

/** Shows which lines are meant, until it is disposed of. */
export function markLines(editor: vscode.TextEditor, range: vscode.Range): vscode.Disposable {
  const decoration = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('editor.rangeHighlightBackground'),
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.rangeHighlightForeground'),
    overviewRulerLane: vscode.OverviewRulerLane.Full,
  });
  editor.setDecorations(decoration, [range]);
  return decoration;
}
