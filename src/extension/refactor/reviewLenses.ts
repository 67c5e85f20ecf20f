import * as vscode from 'vscode';
import { costText } from './costText.ts';
import { LastingCommands } from './lastingCommands.ts';
import { lineCount } from './lineCount.ts';
import { Paced } from './paced.ts';
import { pendingHunks } from './review.ts';
import type { RefactorSession } from './refactorSession.ts';
import { schemes } from '../schemes.ts';
import { type ShownHunk, shownHunks } from './shownHunks.ts';

/**
 * The editor asks for lenses a quarter of a second after it was told of new ones, and starts to wait again when it is told once more: told
 * of each line, it would show none before the last one.
 */
const tellMs = 600;

/** An editor whose lenses lose their provider shows those that it had last: it needs time to be told that there are none. */
const leaveMs = 10_000;

/** The buttons of refactorings above their lines. */
export class ReviewLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #sessions: (uri: string) => readonly RefactorSession[];
  readonly #commands = new LastingCommands('glassbox.refactor.lens');
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #paced = new Paced(() => this.#changed.fire(), tellMs);
  /** What was told at once: which refactorings there are, and what they are at. */
  #told = '';
  #registration: vscode.Disposable | undefined;
  #leaving: NodeJS.Timeout | undefined;

  readonly onDidChangeCodeLenses = this.#changed.event;

  /** @param sessions of a document */
  constructor(sessions: (uri: string) => readonly RefactorSession[]) {
    this.#sessions = sessions;
  }

  /** @param sessions all that there are: when there has been none for a while, no document is asked for its lenses */
  changed(sessions: readonly RefactorSession[]): void {
    const isNeeded = sessions.length > 0;
    if (isNeeded) {
      clearTimeout(this.#leaving);
      this.#leaving = undefined;
      this.#registration ??= vscode.languages.registerCodeLensProvider({ pattern: '**' }, this);
    }
    const toTell = JSON.stringify(
      sessions.map(({ task, phase, isTouched }) => [task.id, phase.kind, isTouched]),
    );
    if (toTell !== this.#told) this.#paced.now();
    // Told again what it was just told: an editor that was busy asking for the lenses of the last line was once seen to keep those.
    this.#paced.request();
    this.#told = toTell;
    if (!isNeeded) this.#leaving ??= setTimeout(() => this.#leave(), leaveMs);
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    return this.#sessions(document.uri.toString()).flatMap((session) =>
      lensesOf(session, document, this.#commands),
    );
  }

  dispose(): void {
    this.#leave();
    this.#paced.dispose();
    this.#changed.dispose();
  }

  #leave(): void {
    clearTimeout(this.#leaving);
    this.#leaving = undefined;
    this.#registration?.dispose();
    this.#registration = undefined;
    this.#commands.clear();
  }
}

/** A lens at a line, for a command about one refactoring. */
type LensAt = (line: number, title: string, command: string, ...more: readonly string[]) => vscode.CodeLens;

function lensesOf(
  session: RefactorSession,
  document: vscode.TextDocument,
  commands: LastingCommands,
): readonly vscode.CodeLens[] {
  const lineAt = (offset: number): number => document.positionAt(offset).line;
  const first = lineAt(session.range.start);
  const at: LensAt = (line, title, command, ...more) =>
    new vscode.CodeLens(new vscode.Range(line, 0, line, 0), {
      title,
      command: commands.named(`glassbox.refactor.${command}`, [session.task.id, ...more]),
    });
  if (session.isTouched && session.phase.kind !== 'writing') return touchedLenses(session, first, at);
  if (session.phase.kind === 'reviewing') {
    return [...reviewingLenses(session, first, at), ...hunkLenses(shownHunks(session, lineAt), at)];
  }
  return otherLenses(session, first, at);
}

function touchedLenses(
  { phase, task }: RefactorSession,
  first: number,
  at: LensAt,
): readonly vscode.CodeLens[] {
  const t = vscode.l10n.t;
  if (phase.kind !== 'reviewing') return [at(first, t('Dismiss'), 'dismiss')];
  return [
    at(
      first,
      t('$(warning) The code has changed since {0} was asked for', shortened(task.title)),
      'resolveConflict',
    ),
    at(first, t('Keep Mine'), 'resolveConflict', 'keep'),
    at(first, t('Apply What Still Fits'), 'resolveConflict', 'apply'),
    at(first, t('Drop'), 'resolveConflict', 'drop'),
  ];
}

function reviewingLenses(session: RefactorSession, first: number, at: LensAt): readonly vscode.CodeLens[] {
  const t = vscode.l10n.t;
  const { phase, task, timings } = session;
  if (phase.kind !== 'reviewing') return [];
  const isOne = pendingHunks(phase.review).length === 1;
  const title = at(first, t('$(sparkle) {0}', shortened(task.title)), 'showSideBySide');
  if (title.command !== undefined && timings !== undefined) title.command.tooltip = costText(t, timings);
  return [
    title,
    at(first, isOne ? t('Accept') : t('Accept All'), 'acceptAll'),
    at(first, isOne ? t('Reject') : t('Reject All'), 'rejectAll'),
    at(first, t('Side by Side'), 'showSideBySide'),
    ...insightLenses(session, first, at),
    ...againLens(session, first, at),
    ...phase.notes.map((note) => at(first, `$(info) ${note}`, 'showAnswer')),
    // VS Code has no room between the lines of a notebook's cell.
    ...(vscode.Uri.parse(task.uri).scheme === schemes.notebookCell
      ? [at(first, t('$(info) The new lines are in Side by Side'), 'showSideBySide')]
      : []),
  ];
}

/** One change has the buttons of all. */
function hunkLenses(hunks: readonly ShownHunk[], at: LensAt): readonly vscode.CodeLens[] {
  const t = vscode.l10n.t;
  if (hunks.length < 2) return [];
  return hunks.flatMap(({ hunk, line }, index) => [
    at(line, t('$(check) Accept {0}', index + 1), 'accept', hunk.id),
    at(line, t('$(discard) Reject {0}', index + 1), 'reject', hunk.id),
  ]);
}

function otherLenses(session: RefactorSession, first: number, at: LensAt): readonly vscode.CodeLens[] {
  const t = vscode.l10n.t;
  const { phase } = session;
  const title = shortened(session.task.title);
  const copy = at(first, t('Copy'), 'copy');
  const dismiss = at(first, t('Dismiss'), 'dismiss');
  switch (phase.kind) {
    case 'writing': {
      const lines = phase.growing?.writtenLines ?? 0;
      const what = session.isTouched
        ? t('$(warning) The code has changed; the edit will wait')
        : lines > 0
          ? t('$(loading~spin) {0}: {1}', title, lineCount(t, lines))
          : t('$(loading~spin) {0}', title);
      return [
        at(first, what, 'showAnswer'),
        at(first, t('Stop'), 'stop'),
        ...insightLenses(session, first, at),
      ];
    }
    case 'text':
      return [
        at(first, t('$(comment) {0}', title), 'showAnswer'),
        copy,
        ...insightLenses(session, first, at),
        dismiss,
      ];
    case 'rejected':
    case 'failed':
      return [
        at(first, t('$(warning) {0}: not applied', title), 'showAnswer'),
        ...againLens(session, first, at),
        ...(session.answer.trim() === '' ? [] : [at(first, t('Show Answer'), 'showAnswer'), copy]),
        ...insightLenses(session, first, at),
        at(first, t('Show in Chat'), 'showInChat'),
        dismiss,
      ];
    case 'reviewing':
    case 'ended':
      return [];
    default:
      return phase satisfies never;
  }
}

function insightLenses(session: RefactorSession, first: number, at: LensAt): readonly vscode.CodeLens[] {
  return [
    ...(session.thought === '' ? [] : [at(first, vscode.l10n.t('Thought'), 'showThought')]),
    ...(session.hasTrace ? [at(first, vscode.l10n.t('Trace'), 'showTrace')] : []),
  ];
}

function againLens(session: RefactorSession, first: number, at: LensAt): readonly vscode.CodeLens[] {
  return session.canTryAgain ? [at(first, vscode.l10n.t('Try Again'), 'tryAgain')] : [];
}

/** An instruction may be long; lenses have one line. */
function shortened(title: string): string {
  return title.length > 40 ? `${title.slice(0, 39)}…` : title;
}
