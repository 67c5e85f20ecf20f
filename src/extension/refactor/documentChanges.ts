import type * as vscode from 'vscode';
import type { DocumentChange } from '../../refactor/trackRange.ts';

/** What an event of VS Code says that changed, as ranges are moved by it. */
export function documentChanges(
  changes: readonly vscode.TextDocumentContentChangeEvent[],
): readonly DocumentChange[] {
  return changes.map(({ rangeOffset, rangeLength, text }) => ({
    offset: rangeOffset,
    length: rangeLength,
    text,
  }));
}
