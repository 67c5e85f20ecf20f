import * as vscode from 'vscode';
import type { Translate } from '../translate.ts';
import { pendingHunks } from './review.ts';
import type { RefactorSession } from './refactorSession.ts';
import { stepText } from './stepText.ts';

/** A refactoring that is done sooner needs no notification. */
const notifyAfterMs = 2500;

/** The refactorings in the status bar, and as a notification where one takes its time. */
export class RefactorStatus implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  /** Those that have a notification, or will have one; with what tells it the progress and ends it. */
  readonly #notified = new Map<RefactorSession, ProgressNotification>();

  constructor() {
    this.#item = vscode.window.createStatusBarItem('glassbox.refactor', vscode.StatusBarAlignment.Right, 99);
    this.#item.name = vscode.l10n.t('Glassbox Refactoring');
  }

  show(sessions: readonly RefactorSession[]): void {
    const t = vscode.l10n.t;
    const writing = sessions.filter(({ phase }) => phase.kind === 'writing');
    for (const session of writing) {
      const notification = this.#notified.get(session) ?? new ProgressNotification(session);
      this.#notified.set(session, notification);
      notification.report();
    }
    for (const [session, notification] of this.#notified) {
      if (writing.includes(session)) continue;
      notification.end();
      this.#notified.delete(session);
    }
    const [first] = writing;
    if (first !== undefined) {
      this.#put(
        `$(loading~spin) ${first.task.title}: ${textOf(t, first)}`,
        t('Glassbox refactors {0}. Click to stop.', first.task.path),
        'glassbox.refactor.stop',
      );
      return;
    }
    const changes = sessions.reduce(
      (sum, { phase }) => sum + (phase.kind === 'reviewing' ? pendingHunks(phase.review).length : 0),
      0,
    );
    if (changes === 0) {
      this.#item.hide();
      this.#item.text = '';
      return;
    }
    this.#put(
      changes === 1 ? t('$(diff) 1 change to review') : t('$(diff) {0} changes to review', changes),
      t('Glassbox: click to go to the next change.'),
      'glassbox.refactor.next',
    );
  }

  dispose(): void {
    for (const notification of this.#notified.values()) notification.end();
    this.#item.dispose();
  }

  #put(text: string, tooltip: string, command: string): void {
    // A hidden one has no text.
    if (this.#item.text === text && this.#item.command === command) return;
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    this.#item.command = command;
    this.#item.accessibilityInformation = { label: text.replaceAll(/\$\([^)]*\)\s*/gu, '') };
    this.#item.show();
  }
}

class ProgressNotification {
  readonly #session: RefactorSession;
  readonly #timer: NodeJS.Timeout;
  #progress: vscode.Progress<{ readonly message: string }> | undefined;
  #end: (() => void) | undefined;

  constructor(session: RefactorSession) {
    this.#session = session;
    this.#timer = setTimeout(() => this.#open(), notifyAfterMs);
  }

  report(): void {
    this.#progress?.report({ message: textOf(vscode.l10n.t, this.#session) });
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#end?.();
  }

  #open(): void {
    const title = vscode.l10n.t('Glassbox: {0}', this.#session.task.title);
    void vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (progress, token) => {
        this.#progress = progress;
        this.report();
        token.onCancellationRequested(() => this.#session.stop());
        return new Promise<void>((resolve) => (this.#end = resolve));
      },
    );
  }
}

function textOf(t: Translate, { phase }: RefactorSession): string {
  return phase.kind === 'writing' ? stepText(t, phase.step, phase.growing?.writtenLines ?? 0) : '';
}
