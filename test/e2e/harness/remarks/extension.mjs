import path from 'node:path';
import * as vscode from 'vscode';

const commented = 'remarked.js';
/** The last line of its function, so that two boxes are at one place. */
const remarkLine = 7;

/** @param {import('vscode').ExtensionContext} context */
export function activate(context) {
  const controller = vscode.comments.createCommentController('remarks', 'Remarks');
  context.subscriptions.push(controller);
  context.subscriptions.push(
    vscode.workspace.onDidOpenTextDocument(({ uri }) => {
      if (!isCommented(uri)) return;
      // Not from the start: VS Code opens for it each text that it works on, its settings among them, and stumbles when it closes these.
      controller.commentingRangeProvider = {
        provideCommentingRanges: (document) =>
          isCommented(document.uri) ? [new vscode.Range(0, 0, document.lineCount - 1, 0)] : [],
      };
      const place = new vscode.Range(remarkLine, 0, remarkLine, 0);
      const remark = { body: 'A remark', mode: vscode.CommentMode.Preview, author: { name: 'Somebody' } };
      const thread = controller.createCommentThread(uri, place, [remark]);
      thread.state = vscode.CommentThreadState.Resolved;
      thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    }),
  );
}

/** @param {import('vscode').Uri} uri */
function isCommented(uri) {
  return path.posix.basename(uri.path) === commented;
}
