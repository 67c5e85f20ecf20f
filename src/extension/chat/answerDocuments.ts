import * as vscode from 'vscode';
import { GlassboxError } from '../../protocol/errors.ts';
import type { Conversation } from '../../protocol/conversation.ts';
import { exportMarkdown } from './exportMarkdown.ts';

export async function copyText(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
}

/** Puts `text` at the selection of the active editor, as one edit that one undo takes back. */
export async function insertIntoEditor(text: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    throw new GlassboxError(
      'request/invalid',
      vscode.l10n.t('No editor is open to insert into. Open a file and put the cursor in it.'),
    );
  }
  const done = await editor.edit((builder) => builder.replace(editor.selection, text));
  if (!done) {
    throw new GlassboxError(
      'request/invalid',
      vscode.l10n.t(
        'Nothing was inserted: {0} cannot be edited.',
        vscode.workspace.asRelativePath(editor.document.uri),
      ),
    );
  }
  await vscode.window.showTextDocument(editor.document, {
    viewColumn: editor.viewColumn ?? vscode.ViewColumn.Active,
  });
}

/** Opens the shown branch as an untitled Markdown document. */
export async function openAsMarkdown(
  conversation: Conversation,
  options: { readonly withThoughts: boolean },
): Promise<void> {
  const content = exportMarkdown(conversation, options);
  await vscode.window.showTextDocument(
    await vscode.workspace.openTextDocument({ language: 'markdown', content }),
  );
}
