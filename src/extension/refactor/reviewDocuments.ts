import * as vscode from 'vscode';
import type { RefactorSession } from './refactorSession.ts';
import { schemes } from '../schemes.ts';

/** What can be read of a refactoring beside its document. */
export type ReviewDocument = 'prompt' | 'thought' | 'answer' | 'proposed';

/** Read-only documents about refactorings: the exact prompt, the thought, the answer, the document as it would be. */
export class ReviewDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #find: (id: string) => RefactorSession | undefined;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #registration: vscode.Disposable;
  /** What was shown last, for documents that outlive their refactoring. */
  readonly #last = new Map<string, string>();

  readonly onDidChange = this.#changed.event;

  constructor(find: (id: string) => RefactorSession | undefined) {
    this.#find = find;
    this.#registration = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(schemes.review, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#last.delete(uri.toString())),
    );
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const [, id = '', kind = ''] = uri.path.split('/');
    const session = this.#find(id);
    const text = session === undefined ? undefined : contentOf(session, kind);
    const key = uri.toString();
    if (text !== undefined) this.#last.set(key, text);
    return text ?? this.#last.get(key) ?? vscode.l10n.t('This refactoring has ended.');
  }

  uriOf(session: RefactorSession, kind: ReviewDocument): vscode.Uri {
    const name = session.task.path.slice(session.task.path.lastIndexOf('/') + 1);
    const titles: Readonly<Record<ReviewDocument, string>> = {
      prompt: vscode.l10n.t('Refactor Prompt.txt'),
      thought: vscode.l10n.t('Thought.txt'),
      answer: vscode.l10n.t('Answer.txt'),
      proposed: name,
    };
    return vscode.Uri.from({ scheme: schemes.review, path: `/${session.task.id}/${kind}/${titles[kind]}` });
  }

  async show(session: RefactorSession, kind: ReviewDocument): Promise<void> {
    const document = await vscode.workspace.openTextDocument(this.uriOf(session, kind));
    await vscode.window.showTextDocument(document, { preview: true, viewColumn: vscode.ViewColumn.Beside });
  }

  /** To be called when a refactoring has changed: those of its documents that are open follow. */
  changed(session: RefactorSession): void {
    for (const { uri } of vscode.workspace.textDocuments) {
      if (uri.scheme === schemes.review && uri.path.startsWith(`/${session.task.id}/`))
        this.#changed.fire(uri);
    }
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}

function contentOf(session: RefactorSession, kind: string): string | undefined {
  switch (kind) {
    case 'prompt':
      return session.prompt?.messages.map(({ role, content }) => `[${role}]\n${content}\n`).join('\n');
    case 'thought':
      return session.thought === '' ? vscode.l10n.t('There is no thought (yet).') : session.thought;
    case 'answer':
      return session.unused === undefined
        ? session.answer
        : `${session.unused.reason}\n\n${session.unused.answer}`;
    case 'proposed':
      return session.proposedDocument;
    default:
      return undefined;
  }
}
