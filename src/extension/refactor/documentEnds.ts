import * as vscode from 'vscode';

export interface DocumentEndsOptions {
  /** Whether anybody asks for this document. */
  readonly isWanted: (uri: vscode.Uri) => boolean;
  /** Whether a text could be this document's under another name. The editor empties an untitled one before it closes it. */
  readonly isLike: (uri: vscode.Uri, text: string) => boolean;
  /** It is nowhere any more: an untitled one was closed, a file was deleted. */
  readonly onGone: (uri: vscode.Uri) => void;
  /** An untitled one was saved. */
  readonly onSavedAs: (from: vscode.Uri, to: vscode.Uri) => void;
}

/**
 * A document that gets another language closes and opens in one moment. One that is saved for the first time closes, and then the file
 * is shown, as fast as the editor can.
 */
const settleMs = 1500;

/** Tells which documents are gone for good. One that is merely not shown comes back when its file is opened. */
export class DocumentEnds implements vscode.Disposable {
  readonly #options: DocumentEndsOptions;
  readonly #listeners: vscode.Disposable;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: DocumentEndsOptions) {
    this.#options = options;
    this.#listeners = vscode.Disposable.from(
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#later(uri)),
      vscode.workspace.onDidDeleteFiles(({ files }) => {
        for (const uri of files) this.#later(uri);
      }),
    );
  }

  dispose(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#listeners.dispose();
  }

  #later(uri: vscode.Uri): void {
    if (!this.#options.isWanted(uri)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#look(uri);
    }, settleMs);
    this.#timers.add(timer);
  }

  async #look(uri: vscode.Uri): Promise<void> {
    const { isWanted, isLike, onGone, onSavedAs } = this.#options;
    if (!isWanted(uri) || isOpen(uri)) return;
    if (uri.scheme !== 'untitled') {
      if (!(await exists(uri))) onGone(uri);
      return;
    }
    const saved = vscode.window.visibleTextEditors.find(
      ({ document }) => !document.isUntitled && isLike(uri, document.getText()),
    );
    if (saved === undefined) onGone(uri);
    else onSavedAs(uri, saved.document.uri);
  }
}

function isOpen(uri: vscode.Uri): boolean {
  const wanted = uri.toString();
  return vscode.workspace.textDocuments.some((document) => document.uri.toString() === wanted);
}

function exists(uri: vscode.Uri): Promise<boolean> {
  return Promise.resolve(
    vscode.workspace.fs.stat(uri).then(
      () => true,
      () => false,
    ),
  );
}
