import path from 'node:path';
import * as vscode from 'vscode';
import type { TraceViewKind } from '../../protocol/trace.ts';
import { type TraceSource, TraceWebview, type TraceWebviewOptions } from './traceWebview.ts';

export const traceEditorId = 'glassbox.trace';

/** Where traces are shown: in the read-only editor of `.gbtrace` files, and in panels for several of them. */
export class TraceEditors implements vscode.CustomReadonlyEditorProvider {
  readonly #options: TraceWebviewOptions;

  constructor(options: Omit<TraceWebviewOptions, 'openTrace' | 'compare'>) {
    this.#options = {
      ...options,
      openTrace: (uri) => this.open(uri),
      compare: (sources) => {
        this.showSeveral('compare', sources, vscode.l10n.t('Compare Traces'));
        return Promise.resolve();
      },
    };
  }

  register(): vscode.Disposable {
    return vscode.window.registerCustomEditorProvider(traceEditorId, this, {
      supportsMultipleEditorsPerDocument: true,
      // A page of a large trace takes a moment to lay out again, and its place in the text would be lost.
      webviewOptions: { retainContextWhenHidden: true },
    });
  }

  async open(uri: vscode.Uri): Promise<void> {
    await vscode.commands.executeCommand('vscode.openWith', uri, traceEditorId);
  }

  /** Opens traces in a panel of their own. */
  showSeveral(view: TraceViewKind, sources: readonly TraceSource[], title: string): void {
    const panel = vscode.window.createWebviewPanel('glassbox.traces', title, vscode.ViewColumn.Active, {
      retainContextWhenHidden: true,
    });
    TraceWebview.show(this.#options, panel, { view, sources });
  }

  openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
    return { uri, dispose: () => undefined };
  }

  resolveCustomEditor({ uri }: vscode.CustomDocument, panel: vscode.WebviewPanel): void {
    const sources = [{ name: path.posix.basename(uri.path), uri }];
    TraceWebview.show(this.#options, panel, { view: 'trace', sources });
  }
}
