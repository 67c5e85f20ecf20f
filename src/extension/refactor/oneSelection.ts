import * as vscode from 'vscode';
import { GlassboxError } from '../../protocol/errors.ts';

/** @throws GlassboxError `request/invalid` where several pieces are selected: one would be taken, and the others forgotten */
export function oneSelection({ selection, selections }: vscode.TextEditor): vscode.Selection {
  if (selections.filter(({ isEmpty }) => !isEmpty).length < 2) return selection;
  throw new GlassboxError(
    'request/invalid',
    vscode.l10n.t(
      '{0} pieces of code are selected. Select one: each refactoring is about one.',
      selections.length,
    ),
  );
}
