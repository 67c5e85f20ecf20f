import { schemes } from './schemes.ts';

/** Schemes of documents that hold nobody's code: output, and inputs that VS Code keeps in editors. */
export const codeless: ReadonlySet<string> = new Set([
  'output',
  'vscode-scm',
  schemes.comment,
  'vscode-interactive-input',
  'chat-editing',
]);
