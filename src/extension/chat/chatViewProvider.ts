import * as vscode from 'vscode';
import * as v from 'valibot';
import { type HostMessage, PageMessage } from '../../protocol/chat.ts';
import { fillWebview } from '../pages/fillWebview.ts';

export const chatViewId = 'glassbox.chat';

/**
 * The side panel's webview. It holds no state: hidden, its page is thrown away, and a page that comes (back) asks
 * for the whole state with `ready`.
 */
export class ChatViewProvider implements vscode.WebviewViewProvider {
  readonly #extensionUri: vscode.Uri;
  readonly #receive: (message: PageMessage) => void;
  readonly #log: (message: string) => void;
  #view: vscode.WebviewView | undefined;
  #isPageReady = false;

  constructor(options: {
    readonly extensionUri: vscode.Uri;
    readonly receive: (message: PageMessage) => void;
    readonly log: (message: string) => void;
  }) {
    this.#extensionUri = options.extensionUri;
    this.#receive = options.receive;
    this.#log = options.log;
  }

  /** False while there is no page to read it: a page gets the whole state when it comes. */
  post(message: HostMessage): boolean {
    if (this.#view === undefined || !this.#isPageReady) return false;
    void this.#view.webview.postMessage(message);
    return true;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const { webview } = view;
    const received = webview.onDidReceiveMessage((message: unknown) => this.#validate(message));
    this.#view = view;
    this.#isPageReady = false;
    const visibility = view.onDidChangeVisibility(() => {
      // A hidden page is gone; it says `ready` when it is back.
      if (!view.visible) this.#isPageReady = false;
    });
    view.onDidDispose(() => {
      received.dispose();
      visibility.dispose();
      if (this.#view === view) this.#view = undefined;
    });
    fillWebview(webview, this.#extensionUri, 'chat');
  }

  #validate(message: unknown): void {
    const parsed = v.safeParse(PageMessage, message);
    if (parsed.success) {
      if (parsed.output.type === 'ready') this.#isPageReady = true;
      this.#receive(parsed.output);
      return;
    }
    this.#log(
      `The panel sent a message that is not one of ours; it was ignored: ${v.summarize(parsed.issues)}`,
    );
  }
}
