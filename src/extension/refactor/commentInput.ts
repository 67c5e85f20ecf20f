import * as vscode from 'vscode';
import { schemes } from '../schemes.ts';

/** The editors of comments that are being written, of whatever extension. */
export function commentInputs(): readonly vscode.TextEditor[] {
  return vscode.window.visibleTextEditors.filter(isCommentInput);
}

/** The one that has the focus. */
export function focusedCommentInput(): vscode.TextEditor | undefined {
  const editor = vscode.window.activeTextEditor;
  return editor !== undefined && isCommentInput(editor) ? editor : undefined;
}

function isCommentInput({ document }: vscode.TextEditor): boolean {
  return document.uri.scheme === schemes.comment;
}
