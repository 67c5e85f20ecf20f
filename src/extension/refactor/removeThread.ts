import * as vscode from 'vscode';

/** The editor loses sight of a thread that goes before it was laid out, and then shows it for ever. */
const youngestToGoMs = 1500;

/** Takes a comment thread away, at once or as soon as that works. `madeAt` is of `performance.now()`. */
export function removeThread({
  thread,
  madeAt,
}: {
  readonly thread: vscode.CommentThread;
  readonly madeAt: number;
}): void {
  const waitMs = madeAt + youngestToGoMs - performance.now();
  if (waitMs <= 0) {
    thread.dispose();
    return;
  }
  thread.collapsibleState = vscode.CommentThreadCollapsibleState.Collapsed;
  setTimeout(() => thread.dispose(), waitMs);
}
