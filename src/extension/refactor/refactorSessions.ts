import * as vscode from 'vscode';
import { GlassboxError } from '../../protocol/errors.ts';
import type { EditTarget } from '../../refactor/editTarget.ts';
import type { Syntax } from '../../refactor/syntax/syntax.ts';
import { documentChanges } from './documentChanges.ts';
import { DocumentEnds } from './documentEnds.ts';
import { gatherContext } from './gatherContext.ts';
import type { ModelRun } from './modelRun.ts';
import { movedUri } from './movedUri.ts';
import { pathOf } from './pathOf.ts';
import { RefactorSession } from './refactorSession.ts';
import type { RefactorTask } from './refactorTask.ts';
import { ReviewStore } from './reviewStore.ts';
import { showText } from './showText.ts';
import type { StoredReview } from './storedReview.ts';
import { storedTarget, storedTask } from './storedSession.ts';

export interface RefactorSessionsOptions {
  readonly run: ModelRun;
  readonly syntax: Syntax;
  /** Where reviews that wait are kept. */
  readonly folder: string;
  readonly log: (message: string) => void;
  readonly onChange: (session: RefactorSession) => void;
}

/** How often a review that changes is written to the disk. */
const saveMs = 400;

/** All refactorings of this window: they follow their documents, are kept on the disk, and come back after a reload. */
export class RefactorSessions implements vscode.Disposable {
  readonly #options: RefactorSessionsOptions;
  readonly #store: ReviewStore;
  readonly #sessions = new Map<string, RefactorSession>();
  readonly #ends: DocumentEnds;
  readonly #listeners: vscode.Disposable;
  /** Reviews of documents that are not open. */
  #sleeping: readonly StoredReview[] = [];
  readonly #saves = new Map<string, NodeJS.Timeout>();
  #lastAsked: RefactorSession | undefined;

  constructor(options: RefactorSessionsOptions) {
    this.#options = options;
    this.#store = new ReviewStore(options.folder, (message) => {
      options.log(message);
      void vscode.window.showWarningMessage(`Glassbox: ${message}`);
    });
    this.#ends = new DocumentEnds({
      isWanted: (uri) => this.#atOrBelow(uri).length > 0,
      isLike: (uri, text) =>
        this.of(uri).some((session) => storedTarget(session.stored(), text) !== undefined),
      onGone: (uri) => {
        for (const session of this.#atOrBelow(uri)) void this.lose(session);
      },
      onSavedAs: (from, to) => this.#moved(from.toString(), to.toString()),
    });
    this.#listeners = vscode.Disposable.from(
      this.#ends,
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0) return;
        const changes = documentChanges(contentChanges);
        for (const session of this.of(document.uri)) session.documentChanged(document.getText(), changes);
      }),
      vscode.workspace.onDidOpenTextDocument((document) => {
        for (const session of this.of(document.uri)) session.documentChanged(document.getText(), []);
        this.#wake(document);
      }),
      vscode.workspace.onDidRenameFiles(({ files }) => {
        for (const { oldUri, newUri } of files) this.#moved(oldUri.toString(), newUri.toString());
      }),
    );
  }

  get all(): readonly RefactorSession[] {
    return [...this.#sessions.values()];
  }

  /** Those in a document, oldest first. */
  of(uri: vscode.Uri): readonly RefactorSession[] {
    const wanted = uri.toString();
    return this.all.filter(({ task }) => task.uri === wanted);
  }

  /** Also one that has ended last: its prompt can still be looked at. */
  find(id: string): RefactorSession | undefined {
    return this.#sessions.get(id) ?? (this.#lastAsked?.task.id === id ? this.#lastAsked : undefined);
  }

  /** The one by this id; absent: that at the cursor, in the active document, or the latest. */
  current(id?: string): RefactorSession | undefined {
    if (id !== undefined) return this.#sessions.get(id);
    const editor = vscode.window.activeTextEditor;
    const here = editor === undefined ? [] : this.of(editor.document.uri);
    const offset = editor?.document.offsetAt(editor.selection.active) ?? -1;
    return (
      here.find(({ range }) => range.start <= offset && offset <= range.end) ?? here.at(-1) ?? this.all.at(-1)
    );
  }

  /** The last one that asked a model, whether or not it has ended. */
  get lastAsked(): RefactorSession | undefined {
    return this.all.findLast(({ prompt }) => prompt !== undefined) ?? this.#lastAsked;
  }

  add(task: RefactorTask, target: EditTarget, restored?: StoredReview): RefactorSession {
    const { run, syntax, onChange } = this.#options;
    const session: RefactorSession = new RefactorSession(
      {
        task,
        target,
        run,
        syntax,
        gather: () => gatherContext(session),
        save: () => this.#saveLater(session),
        forget: () => this.#forget(session),
        onChange: (changed) => {
          if (changed.phase.kind === 'ended') this.#sessions.delete(changed.task.id);
          onChange(changed);
        },
      },
      restored,
    );
    this.#sessions.set(task.id, session);
    onChange(session);
    return session;
  }

  /** Its document is gone: what was proposed is offered as a text. For a file that might come back it is kept on the disk. */
  async lose(session: RefactorSession): Promise<void> {
    const stored = session.stored();
    session.end();
    // An explanation says nothing where its code is gone.
    if (stored.status === 'text') return;
    if (vscode.Uri.parse(stored.uri, true).scheme !== 'untitled') {
      await this.#store.save(stored).catch(this.#logged);
    }
    await this.#offerAsText(stored, vscode.l10n.t('{0} is not there any more.', stored.path));
  }

  /** Brings back the reviews that waited when the window closed. */
  async restore(): Promise<void> {
    const stored = await this.#store.list();
    this.#sleeping = stored.filter(({ id }) => !this.#sessions.has(id));
    for (const document of vscode.workspace.textDocuments) this.#wake(document);
    // An untitled document that was not restored, or a file that is gone, is never opened.
    for (const each of this.#sleeping) {
      const uri = vscode.Uri.parse(each.uri, true);
      if (uri.scheme === 'untitled') continue;
      const isThere = await vscode.workspace.fs.stat(uri).then(
        () => true,
        () => false,
      );
      if (!isThere) await this.#offerAsText(each, vscode.l10n.t('{0} is not there any more.', each.path));
    }
  }

  /** Saves what waits and stops what is being written. To be awaited before the window closes. */
  async close(): Promise<void> {
    const unsaved = this.all.filter(({ task }) => this.#saves.has(task.id));
    for (const timer of this.#saves.values()) clearTimeout(timer);
    this.#saves.clear();
    await Promise.all(unsaved.map((session) => this.#store.save(session.stored()).catch(this.#logged)));
    for (const session of this.all) session.stop();
  }

  dispose(): void {
    for (const timer of this.#saves.values()) clearTimeout(timer);
    this.#listeners.dispose();
  }

  /** A file or folder has another name now: what is about it goes along. */
  #moved(from: string, to: string): void {
    for (const session of this.all) {
      const uri = movedUri(session.task.uri, from, to);
      if (uri === undefined) continue;
      session.moved(uri, pathOf(vscode.Uri.parse(uri, true)));
      // It was opened by its new name before this was told.
      const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri);
      if (document !== undefined) session.documentChanged(document.getText(), []);
    }
    this.#sleeping = this.#sleeping.map((stored) => {
      const uri = movedUri(stored.uri, from, to);
      if (uri === undefined) return stored;
      const moved = { ...stored, uri, path: pathOf(vscode.Uri.parse(uri, true)) };
      void this.#store.save(moved).catch(this.#logged);
      return moved;
    });
    for (const document of vscode.workspace.textDocuments) this.#wake(document);
  }

  /** Those in a document, or in the documents of a folder. */
  #atOrBelow(uri: vscode.Uri): readonly RefactorSession[] {
    const wanted = uri.toString();
    return this.all.filter(({ task }) => movedUri(task.uri, wanted, wanted) !== undefined);
  }

  #wake(document: vscode.TextDocument): void {
    const t = vscode.l10n.t;
    const uri = document.uri.toString();
    const mine = this.#sleeping.filter((each) => each.uri === uri);
    if (mine.length === 0) return;
    this.#sleeping = this.#sleeping.filter((each) => each.uri !== uri);
    for (const stored of mine) {
      const target = storedTarget(stored, document.getText());
      if (stored.status === 'writing') {
        void this.#offerAsText(stored, t('The window closed before "{0}" was written.', stored.title));
      } else if (target === undefined) {
        void this.#offerAsText(
          stored,
          t('{0} has changed, so "{1}" has no place in it any more.', stored.path, stored.title),
        );
      } else {
        this.add(storedTask(stored), target, stored);
      }
    }
  }

  async #offerAsText(stored: StoredReview, reason: string): Promise<void> {
    const t = vscode.l10n.t;
    const show = t('Show as Text');
    this.#sleeping = this.#sleeping.filter(({ id }) => id !== stored.id);
    const isProposal = stored.status === 'reviewing';
    const content = isProposal ? stored.proposed : stored.answer;
    if (content.trim() === '') {
      await this.#store.remove(stored.id);
      return;
    }
    const chosen = await vscode.window.showWarningMessage(`Glassbox: ${reason}`, show, t('Drop'));
    // A notification that was only closed comes again when the window opens the next time.
    if (chosen === undefined) return;
    if (chosen === show) {
      const language = isProposal ? stored.languageId : 'markdown';
      await showText(language, content);
    }
    await this.#store.remove(stored.id);
  }

  #forget(session: RefactorSession): void {
    const { id } = session.task;
    clearTimeout(this.#saves.get(id));
    this.#saves.delete(id);
    if (session.prompt !== undefined) this.#lastAsked = session;
    void this.#store.remove(id).catch(this.#logged);
  }

  #saveLater(session: RefactorSession): void {
    const { id } = session.task;
    if (this.#saves.has(id)) return;
    this.#saves.set(
      id,
      setTimeout(() => {
        this.#saves.delete(id);
        if (session.phase.kind !== 'ended') void this.#store.save(session.stored()).catch(this.#logged);
      }, saveMs),
    );
  }

  readonly #logged = (thrown: unknown): void => this.#options.log(GlassboxError.from(thrown).message);
}
