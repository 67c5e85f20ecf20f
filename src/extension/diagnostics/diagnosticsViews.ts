import * as v from 'valibot';
import * as vscode from 'vscode';
import {
  type DiagnosticsHostMessage,
  DiagnosticsPageMessage,
  type DiagnosticsPlace,
  type ExportFormat,
} from '../../protocol/diagnostics.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import { askForTarget } from '../askForTarget.ts';
import { fillWebview } from '../pages/fillWebview.ts';
import { chromeTrace } from './chromeTrace.ts';
import { DiagnosticsFeed, type DiagnosticsFeedOptions } from './diagnosticsFeed.ts';
import { diagnosticsJson } from './diagnosticsJson.ts';

export const diagnosticsViewId = 'glassbox.diagnostics';
const tabType = 'glassbox.diagnosticsTab';

/** A webview and whether it is seen: a view of the side bar or a tab. */
interface Frame {
  readonly place: DiagnosticsPlace;
  readonly webview: vscode.Webview;
  readonly visible: boolean;
  readonly onDidDispose: vscode.Event<void>;
  onVisibility(listener: () => void): vscode.Disposable;
}

/** The diagnostics page in Glassbox's view container and as an editor tab, each with a feed of its own. */
export class DiagnosticsViews implements vscode.WebviewViewProvider {
  readonly #extensionUri: vscode.Uri;
  readonly #source: Omit<DiagnosticsFeedOptions, 'post'>;
  readonly #log: (message: string) => void;
  readonly #feeds = new Set<DiagnosticsFeed>();
  #tab: vscode.WebviewPanel | undefined;

  constructor(options: {
    readonly extensionUri: vscode.Uri;
    readonly source: Omit<DiagnosticsFeedOptions, 'post'>;
    readonly log: (message: string) => void;
  }) {
    this.#extensionUri = options.extensionUri;
    this.#source = options.source;
    this.#log = options.log;
  }

  /** To be called when another conversation is shown, or a model or an engine came or went. */
  changed(): void {
    for (const feed of this.#feeds) feed.changed();
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#serve({
      place: 'view',
      webview: view.webview,
      get visible() {
        return view.visible;
      },
      onDidDispose: view.onDidDispose,
      onVisibility: (listener) => view.onDidChangeVisibility(listener),
    });
  }

  /** The tab, made if there is none. */
  showTab(): void {
    if (this.#tab) {
      this.#tab.reveal();
      return;
    }
    const tab = vscode.window.createWebviewPanel(
      tabType,
      vscode.l10n.t('Glassbox Diagnostics'),
      vscode.ViewColumn.Active,
    );
    const icon = (name: string): vscode.Uri => vscode.Uri.joinPath(this.#extensionUri, 'media', name);
    tab.iconPath = { light: icon('glassbox.svg'), dark: icon('glassbox-dark.svg') };
    tab.onDidDispose(() => (this.#tab = undefined));
    this.#tab = tab;
    this.#serve({
      place: 'tab',
      webview: tab.webview,
      get visible() {
        return tab.visible;
      },
      onDidDispose: tab.onDidDispose,
      onVisibility: (listener) => tab.onDidChangeViewState(listener),
    });
  }

  /** Writes what is shown now (in a frozen page: what it shows) to a file. Absent: asks for the format. */
  async export(format?: ExportFormat, shown?: DiagnosticsFeed): Promise<void> {
    const chosen = format ?? (await chooseFormat());
    if (chosen === undefined) return;
    const feed = shown ?? new DiagnosticsFeed({ ...this.#source, post: () => undefined });
    const state = await feed.collect();
    const content = chosen === 'json' ? diagnosticsJson(state) : JSON.stringify(chromeTrace(state));
    const target = await askForTarget({
      title: vscode.l10n.t('Export Diagnostics'),
      fileName: chosen === 'json' ? 'glassbox-diagnostics.json' : 'glassbox-timeline.json',
      filters: { JSON: ['json'] },
    });
    if (target === undefined) return;
    await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(content));
  }

  #serve(frame: Frame): void {
    const { webview, place } = frame;
    let isPageReady = false;
    const post = (message: DiagnosticsHostMessage): void => {
      if (isPageReady) void webview.postMessage(message);
    };
    const feed = new DiagnosticsFeed({ ...this.#source, post });
    this.#feeds.add(feed);
    const follow = (): void => {
      // A hidden page is gone; it says `ready` when it is back.
      if (!frame.visible) isPageReady = false;
      feed.setVisible(frame.visible && isPageReady);
    };
    const listeners = [
      webview.onDidReceiveMessage((message: unknown) => {
        const parsed = this.#parsed(message);
        if (parsed?.type === 'ready') {
          isPageReady = true;
          post({ type: 'place', place });
          follow();
        }
        if (parsed) void this.#receive(parsed, feed);
      }),
      frame.onVisibility(follow),
    ];
    frame.onDidDispose(() => {
      for (const listener of listeners) listener.dispose();
      feed.dispose();
      this.#feeds.delete(feed);
    });
    fillWebview(webview, this.#extensionUri, 'diagnostics');
  }

  async #receive(message: DiagnosticsPageMessage, feed: DiagnosticsFeed): Promise<void> {
    if (message.type === 'openTab') this.showTab();
    else if (message.type === 'export') {
      // A page that is not frozen goes on from what it shows: the export reads with a feed of its own.
      await this.export(message.format, feed.isFrozen ? feed : undefined).catch((thrown: unknown) =>
        vscode.window.showErrorMessage(`Glassbox: ${GlassboxError.from(thrown).message}`),
      );
    } else await feed.receive(message);
  }

  #parsed(message: unknown): DiagnosticsPageMessage | undefined {
    const parsed = v.safeParse(DiagnosticsPageMessage, message);
    if (parsed.success) return parsed.output;
    this.#log(
      `The diagnostics sent a message that is not one of ours; it was ignored: ${v.summarize(parsed.issues)}`,
    );
    return undefined;
  }
}

async function chooseFormat(): Promise<ExportFormat | undefined> {
  const items: (vscode.QuickPickItem & { readonly format: ExportFormat })[] = [
    { label: 'JSON', detail: vscode.l10n.t('All figures that the diagnostics show.'), format: 'json' },
    {
      label: 'Chrome trace',
      detail: vscode.l10n.t('The timeline of the answers, for Perfetto or chrome://tracing.'),
      format: 'chromeTrace',
    },
  ];
  const picked = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Export Diagnostics') });
  return picked?.format;
}
