import { setTimeout as pause } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { RefactorSession } from './refactorSession.ts';
import { RefactorStatus } from './refactorStatus.ts';
import { ReviewDecorations } from './reviewDecorations.ts';
import type { ReviewDocuments } from './reviewDocuments.ts';
import { ReviewLenses } from './reviewLenses.ts';
import { ReviewZones } from './reviewZones.ts';
import { isAtHunk, shownHunks } from './shownHunks.ts';

/** The eye follows no faster, and a change of a zone makes the editor lay out its lines again. */
const drawMs = 80;

/** VS Code's extension host collects changes of a comment thread for 100 ms before it tells the editor of them. */
const threadsMs = 150;

/** Draws all refactorings: in their editors, in the status bar, and as context keys for menus and keys. */
export class RefactorView implements vscode.Disposable {
  readonly #sessions: () => readonly RefactorSession[];
  readonly #documents: ReviewDocuments;
  readonly #decorations: ReviewDecorations;
  readonly zones = new ReviewZones();
  readonly #lenses: ReviewLenses;
  readonly #status: RefactorStatus;
  readonly #listeners: vscode.Disposable;
  readonly #changed = new Set<RefactorSession>();
  readonly #keys = new Map<string, boolean>();
  #timer: NodeJS.Timeout | undefined;

  constructor(sessions: () => readonly RefactorSession[], documents: ReviewDocuments) {
    this.#sessions = sessions;
    this.#documents = documents;
    this.#lenses = new ReviewLenses((uri) => sessions().filter(({ task }) => task.uri === uri));
    this.#status = new RefactorStatus();
    const drawAll = (): void => {
      for (const session of this.#sessions()) this.#changed.add(session);
      this.#schedule();
    };
    this.#decorations = new ReviewDecorations(drawAll);
    this.#listeners = vscode.Disposable.from(
      vscode.window.onDidChangeVisibleTextEditors(drawAll),
      vscode.window.onDidChangeActiveTextEditor(drawAll),
      vscode.window.onDidChangeTextEditorSelection(() => this.#setKeys()),
    );
  }

  /** To be called after a change of a session. */
  changed(session: RefactorSession): void {
    this.#changed.add(session);
    this.#schedule();
  }

  /** Resolves when the editor was told of all that has changed so far: what it is told next, it does behind that. */
  async drawn(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#changed.size > 0) this.#draw();
    await pause(threadsMs);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const key of this.#keys.keys()) void vscode.commands.executeCommand('setContext', key, false);
    this.#listeners.dispose();
    this.#status.dispose();
    this.#lenses.dispose();
    this.zones.dispose();
    this.#decorations.dispose();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#draw();
    }, drawMs);
  }

  #draw(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    const sessions = this.#sessions();
    const uris = new Set(changed.map(({ task }) => task.uri));
    for (const editor of vscode.window.visibleTextEditors) {
      const uri = editor.document.uri.toString();
      if (uris.has(uri))
        this.#decorations.draw(
          editor,
          sessions.filter(({ task }) => task.uri === uri),
        );
    }
    for (const session of changed) {
      const editor = vscode.window.visibleTextEditors.find(
        ({ document }) => document.uri.toString() === session.task.uri,
      );
      // An ended session shows nothing; drawing it takes away what it showed.
      this.zones.draw(session, session.phase.kind === 'ended' ? undefined : editor?.document);
      this.#documents.changed(session);
    }
    this.#lenses.changed(sessions);
    this.#status.show(sessions);
    this.#setKeys();
  }

  #setKeys(): void {
    const sessions = this.#sessions();
    const editor = vscode.window.activeTextEditor;
    const here = sessions.filter(({ task }) => task.uri === editor?.document.uri.toString());
    const cursor = editor?.selection.active.line ?? -1;
    const reviewing = here.filter(({ phase, isTouched }) => phase.kind === 'reviewing' && !isTouched);
    this.#setKey('shown', sessions.length > 0);
    this.#setKey(
      'writing',
      sessions.some(({ phase }) => phase.kind === 'writing'),
    );
    this.#setKey(
      'writingHere',
      here.some(({ phase }) => phase.kind === 'writing'),
    );
    this.#setKey('reviewing', reviewing.length > 0);
    this.#setKey(
      'atChange',
      editor !== undefined &&
        reviewing.some((session) =>
          shownHunks(session, (offset) => editor.document.positionAt(offset).line).some((hunk) =>
            isAtHunk(hunk, cursor),
          ),
        ),
    );
  }

  #setKey(name: string, value: boolean): void {
    const key = `glassbox.refactor.${name}`;
    if ((this.#keys.get(key) ?? false) === value) return;
    this.#keys.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  }
}
