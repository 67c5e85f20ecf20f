import * as vscode from 'vscode';
import { changeCount } from './changeCount.ts';
import type { RefactorSession } from './refactorSession.ts';
import { pendingHunks } from './review.ts';
import type { ReviewActions } from './reviewActions.ts';

/** As long as it takes to read it twice. */
const shownReasonMs = 10_000;

/**
 * Says what came of a question to the model: the editor goes to it, and a user who is elsewhere is called. What the editor shows needs no
 * notification, which would stay longer than what it tells of.
 */
export async function tellEnd(
  session: RefactorSession,
  actions: ReviewActions,
  log: (message: string) => void,
): Promise<void> {
  const { phase, task } = session;
  const editor = vscode.window.visibleTextEditors.find(
    ({ document }) => document.uri.toString() === task.uri,
  );
  const reason =
    phase.kind === 'rejected' ? phase.reason : phase.kind === 'failed' ? phase.message : undefined;
  if (reason !== undefined) log(`${task.title}: ${reason}`);
  if (editor === undefined) {
    if (phase.kind !== 'ended') await callBack(session, actions, reason);
  } else if (reason !== undefined) {
    vscode.window.setStatusBarMessage(`$(warning) ${reason}`, shownReasonMs);
    await actions.revealText(session, editor);
  } else if (phase.kind === 'text') {
    await actions.revealText(session, editor);
  } else if (phase.kind === 'reviewing' && !session.isTouched) {
    actions.goToFirst(session, editor);
  }
  if (editor !== undefined) announce(session, reason);
}

/** The user is elsewhere. */
async function callBack(
  session: RefactorSession,
  actions: ReviewActions,
  reason: string | undefined,
): Promise<void> {
  const t = vscode.l10n.t;
  const { title, path } = session.task;
  const show = t('Show');
  const chosen =
    reason === undefined
      ? await vscode.window.showInformationMessage(t('Glassbox: "{0}" in {1} is done.', title, path), show)
      : await vscode.window.showWarningMessage(t('Glassbox: "{0}" in {1}: {2}', title, path, reason), show);
  if (chosen === show && session.phase.kind !== 'ended') await actions.open(session);
}

/** Nobody reads lenses and boxes to a user who does not look for them: screen readers are told by a notification. */
function announce({ phase, task }: RefactorSession, reason: string | undefined): void {
  const t = vscode.l10n.t;
  const support = vscode.workspace.getConfiguration('editor').get<unknown>('accessibilitySupport');
  if (support !== 'on' || phase.kind === 'ended') return;
  const outcome =
    reason ??
    (phase.kind === 'reviewing'
      ? t('{0} to review.', changeCount(t, pendingHunks(phase.review).length))
      : t('The answer is below the code.'));
  void vscode.window.showInformationMessage(t('Glassbox: {0}: {1}', task.title, outcome));
}
