import * as vscode from 'vscode';
import type { EditTarget } from '../../refactor/editTarget.ts';
import type { RefactorSessions } from './refactorSessions.ts';

/** At most one refactoring for a piece of code. False when the user wants to keep the one that is there. */
export async function makeRoom(
  sessions: RefactorSessions,
  document: vscode.TextDocument,
  target: EditTarget,
): Promise<boolean> {
  const t = vscode.l10n.t;
  for (const other of sessions.of(document.uri)) {
    const { start, end } = other.range;
    if (end < target.start || target.end < start) continue;
    if (other.phase.kind === 'writing' || other.phase.kind === 'reviewing') {
      const replace = t('Replace It');
      const chosen = await vscode.window.showWarningMessage(
        t('Glassbox: "{0}" is not decided yet for this code.', other.task.title),
        replace,
      );
      if (chosen !== replace) return false;
    }
    other.end();
  }
  return true;
}
