import * as vscode from 'vscode';
import { GlassboxError } from '../../protocol/errors.ts';
import type { EditTarget } from '../../refactor/editTarget.ts';
import { trackRange, type TrackedRange } from '../../refactor/trackRange.ts';
import { documentChanges } from './documentChanges.ts';

/** Where the lines of a target are, as their document changes. */
export class TrackedPlace implements vscode.Disposable {
  readonly #document: vscode.TextDocument;
  readonly #listener: vscode.Disposable;
  #tracked: TrackedRange;
  #isMoved = false;

  constructor(document: vscode.TextDocument, { start, end }: EditTarget) {
    this.#document = document;
    this.#tracked = { start, end, touched: false };
    this.#listener = vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.document !== document || event.contentChanges.length === 0) return;
      this.#isMoved = true;
      this.#tracked = trackRange(this.#tracked, documentChanges(event.contentChanges));
    });
  }

  /** Whether the document is another one than the target was found in. */
  get isMoved(): boolean {
    return this.#isMoved;
  }

  /** @throws GlassboxError `request/invalid` when nothing is left */
  get range(): vscode.Range {
    const { start, end } = this.#tracked;
    if (start < end)
      return new vscode.Range(this.#document.positionAt(start), this.#document.positionAt(end));
    throw new GlassboxError(
      'request/invalid',
      vscode.l10n.t('The code that was to be edited is gone. Select other code.'),
    );
  }

  dispose(): void {
    this.#listener.dispose();
  }
}
