import * as vscode from 'vscode';
import type { RefactorSession } from './refactorSession.ts';
import { shownHunks } from './shownHunks.ts';

/** Colours what a refactoring takes away, and dims what the model has not come to yet. The document stays as it is. */
export class ReviewDecorations implements vscode.Disposable {
  #removed = removedLines();
  /** The line behind which lines come. */
  readonly #added = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.addedForeground'),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
  });
  readonly #waiting = vscode.window.createTextEditorDecorationType({ opacity: '0.55' });
  readonly #touched = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('editorWarning.background'),
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.warningForeground'),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
  });

  readonly #theme = vscode.window.onDidChangeActiveColorTheme(() => {
    this.#removed.dispose();
    this.#removed = removedLines();
    this.#onThemeChange();
  });
  readonly #onThemeChange: () => void;

  /** @param onThemeChange called when all has to be drawn again */
  constructor(onThemeChange: () => void) {
    this.#onThemeChange = onThemeChange;
  }

  /** Draws the sessions of one editor's document; those that were drawn before are gone. */
  draw(editor: vscode.TextEditor, sessions: readonly RefactorSession[]): void {
    const { document } = editor;
    const removed: vscode.Range[] = [];
    const added: vscode.Range[] = [];
    const waiting: vscode.Range[] = [];
    const touched: vscode.Range[] = [];
    const lineAt = (offset: number): number => document.positionAt(offset).line;
    for (const session of sessions) {
      const first = lineAt(session.range.start);
      const last = lineAt(session.range.end);
      for (const { line, removed: count } of shownHunks(session, lineAt)) {
        if (count > 0) removed.push(new vscode.Range(line, 0, line + count - 1, 0));
        else added.push(new vscode.Range(Math.max(0, line - 1), 0, Math.max(0, line - 1), 0));
      }
      if (session.isTouched) touched.push(new vscode.Range(first, 0, last, 0));
      else if (session.phase.kind === 'writing' && session.task.answer === 'edit') {
        const next = first + (session.phase.growing?.coveredLines ?? 0);
        if (next <= last) waiting.push(new vscode.Range(next, 0, last, Number.MAX_SAFE_INTEGER));
      }
    }
    editor.setDecorations(this.#removed, removed);
    editor.setDecorations(this.#added, added);
    editor.setDecorations(this.#waiting, waiting);
    editor.setDecorations(this.#touched, touched);
  }

  dispose(): void {
    this.#theme.dispose();
    for (const type of [this.#removed, this.#added, this.#waiting, this.#touched]) type.dispose();
  }
}

/** High contrast themes have no backgrounds; they have borders. */
function removedLines(): vscode.TextEditorDecorationType {
  const { kind } = vscode.window.activeColorTheme;
  const isHighContrast =
    kind === vscode.ColorThemeKind.HighContrast || kind === vscode.ColorThemeKind.HighContrastLight;
  return vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('diffEditor.removedLineBackground'),
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.deletedForeground'),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
    ...(isHighContrast
      ? { border: '1px dashed', borderColor: new vscode.ThemeColor('diffEditor.removedTextBorder') }
      : {}),
  });
}
