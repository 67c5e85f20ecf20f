import * as vscode from 'vscode';
import * as v from 'valibot';
import { GlassboxError } from '../../protocol/errors.ts';
import {
  type TraceFile,
  type TraceHostMessage,
  TracePageMessage,
  type TraceViewKind,
} from '../../protocol/trace.ts';
import { fillWebview } from '../pages/fillWebview.ts';
import type { ChatSession } from '../chat/chatSession.ts';

/** Larger files than any answer makes are not read into memory. */
const MAX_FILE_BYTES = 512 * 2 ** 20;

export interface TraceSource {
  readonly name: string;
  readonly uri: vscode.Uri;
}

export interface TraceWebviewOptions {
  readonly extensionUri: vscode.Uri;
  readonly session: ChatSession;
  readonly revealChat: () => Thenable<unknown>;
  readonly openTrace: (uri: vscode.Uri) => Thenable<unknown>;
  readonly compare: (sources: readonly [TraceSource, TraceSource]) => Thenable<unknown>;
  readonly log: (message: string) => void;
}

/** The page of one trace, or of some, in a webview: sends it the files, and does what it asks. */
export class TraceWebview {
  readonly #options: TraceWebviewOptions;
  readonly #webview: vscode.Webview;
  readonly #view: TraceViewKind;
  readonly #sources: readonly TraceSource[];
  /** Whose answers the files are, by file; only of those that can be told again. */
  readonly #answers = new Map<number, { readonly conversationId: string; readonly answerId: string }>();

  private constructor(
    options: TraceWebviewOptions,
    webview: vscode.Webview,
    shown: { readonly view: TraceViewKind; readonly sources: readonly TraceSource[] },
  ) {
    this.#options = options;
    this.#webview = webview;
    this.#view = shown.view;
    this.#sources = shown.sources;
  }

  /** Fills `panel`, until it is closed. */
  static show(
    options: TraceWebviewOptions,
    panel: vscode.WebviewPanel,
    shown: { readonly view: TraceViewKind; readonly sources: readonly TraceSource[] },
  ): void {
    const { webview } = panel;
    const page = new TraceWebview(options, webview, shown);
    const received = webview.onDidReceiveMessage((message: unknown) => void page.#receive(message));
    panel.onDidDispose(() => received.dispose());
    fillWebview(webview, options.extensionUri, 'trace');
  }

  async #receive(message: unknown): Promise<void> {
    const parsed = v.safeParse(TracePageMessage, message);
    if (!parsed.success) {
      this.#options.log(
        `A trace page sent a message that is not one of ours; it was ignored: ${v.summarize(parsed.issues)}`,
      );
      return;
    }
    try {
      await this.#handle(parsed.output);
    } catch (thrown) {
      const error = GlassboxError.from(thrown);
      this.#options.log(error.message);
      void vscode.window.showErrorMessage(`Glassbox: ${error.message}`);
    }
  }

  async #handle(message: TracePageMessage): Promise<void> {
    const { session, revealChat, openTrace, compare } = this.#options;
    switch (message.type) {
      case 'ready':
        return await this.#sendFiles();
      case 'read': {
        const { file, id, conversationId, modelName: name, modelFingerprint: fingerprint } = message;
        const model = { name, ...(fingerprint === undefined ? {} : { fingerprint }) };
        if (!(await session.canContinue({ id, conversationId, model }))) return;
        this.#answers.set(file, { conversationId, answerId: id });
        return this.#post({ type: 'continuable', file });
      }
      case 'continueFrom': {
        const answer = this.#answers.get(message.file);
        if (answer === undefined) return;
        await revealChat();
        return await session.continueFrom(answer, message);
      }
      case 'openTrace': {
        const source = this.#sources[message.file];
        if (source !== undefined) await openTrace(source.uri);
        return;
      }
      case 'compare': {
        const [one, other] = message.files.map((file) => this.#sources[file]);
        if (one !== undefined && other !== undefined) await compare([one, other]);
        return;
      }
      default:
        return message satisfies never;
    }
  }

  async #sendFiles(): Promise<void> {
    try {
      const files = await Promise.all(this.#sources.map(readSource));
      this.#post({ type: 'traces', view: this.#view, files });
    } catch (thrown) {
      this.#post({ type: 'failed', message: GlassboxError.from(thrown).message });
    }
  }

  #post(message: TraceHostMessage): void {
    void this.#webview.postMessage(message);
  }
}

/** @throws GlassboxError `trace/unreadable` */
async function readSource({ name, uri }: TraceSource): Promise<TraceFile> {
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > MAX_FILE_BYTES) {
      throw new GlassboxError(
        'trace/unreadable',
        vscode.l10n.t('{0} is too large for a trace: it has {1} bytes.', name, size),
      );
    }
    // A plain array: the editor sends those as bytes, but a Buffer, which this may be, as a list of numbers.
    return { name, bytes: new Uint8Array(await vscode.workspace.fs.readFile(uri)) };
  } catch (thrown) {
    if (thrown instanceof GlassboxError) throw thrown;
    const { message } = GlassboxError.from(thrown);
    throw new GlassboxError(
      'trace/unreadable',
      vscode.l10n.t('{0} cannot be read: {1}', name, message),
      undefined,
      { cause: thrown },
    );
  }
}
