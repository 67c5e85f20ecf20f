import * as vscode from 'vscode';
import { type RefactoringId, REFACTORINGS } from '../../refactor/refactoring.ts';

/** @returns undefined where nothing was picked; without an id: in the user's own words */
export async function pickRefactoring(): Promise<{ readonly id: RefactoringId | undefined } | undefined> {
  const t = vscode.l10n.t;
  return vscode.window.showQuickPick(
    [
      {
        label: t('$(edit) Edit with Instruction…'),
        detail: t('Say in your own words what should change.'),
        id: undefined,
      },
      ...REFACTORINGS.map(({ id, title, instruction: detail }) => ({ label: t(title), detail, id })),
    ],
    { title: t('Refactor'), matchOnDetail: true },
  );
}
