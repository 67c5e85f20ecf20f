/** Of documents that are not files, by what they are. */
export const schemes = {
  /** A comment that is being written, in VS Code's own input. */
  comment: 'comment',
  /** A cell has no file system of its own, and can be written where its notebook can. */
  notebookCell: 'vscode-notebook-cell',
  /** What Glassbox shows of a refactoring. */
  review: 'glassbox-refactor',
} as const;
