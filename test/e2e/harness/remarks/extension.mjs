import path from 'node:path';
import * as vscode from 'vscode';

const commented = 'remarked.js';
/** The last line of its function, so that two boxes are at one place. */
const remarkLine = 7;

/** @param {import('vscode').ExtensionContext} context */
export function activate(context) {
  const controller = vscode.comments.createCommentController('remarks', 'Remarks');
  context.subscriptions.push(controller);
  controller.commentingRangeProvider = {
    provideCommentingRanges: ({ uri, lineCount }) =>
      path.posix.basename(uri.path) === commented ? [new vscode.Range(0, 0, lineCount - 1, 0)] : [],
  };
  context.subscriptions.push(
    vscode.workspace.onDidOpenTextDocument(({ uri }) => {
      if (path.posix.basename(uri.path) !== commented) return;
      const place = new vscode.Range(remarkLine, 0, remarkLine, 0);
      const remark = { body: 'A remark', mode: vscode.CommentMode.Preview, author: { name: 'Somebody' } };
      const thread = controller.createCommentThread(uri, place, [remark]);
      thread.state = vscode.CommentThreadState.Resolved;
      thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    }),
  );
}
