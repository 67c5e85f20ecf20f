import * as vscode from 'vscode';

/** What an input shows while nothing is typed. The inputs of comments that are edited have nothing of the kind. */
export class InputPlaceholder implements vscode.Disposable {
  readonly #decoration: vscode.TextEditorDecorationType;

  constructor(text: string) {
    this.#decoration = vscode.window.createTextEditorDecorationType({
      before: { contentText: text, color: new vscode.ThemeColor('input.placeholderForeground') },
    });
  }

  show(inputs: readonly vscode.TextEditor[]): void {
    for (const input of inputs) {
      const isEmpty = input.document.getText() === '';
      input.setDecorations(this.#decoration, isEmpty ? [new vscode.Range(0, 0, 0, 0)] : []);
    }
  }

  dispose(): void {
    this.#decoration.dispose();
  }
}
