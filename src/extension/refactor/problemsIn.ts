import * as vscode from 'vscode';
import type { Problem } from '../../reasoning/prompts/problem.ts';

const severities = ['error', 'warning', 'information', 'hint'] as const;
const most = 10;

/** The problems that VS Code shows in a range, worst first. */
export function problemsIn(document: vscode.TextDocument, range: vscode.Range): readonly Problem[] {
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter((diagnostic) => diagnostic.range.intersection(range) !== undefined)
    .sort((a, b) => a.severity - b.severity)
    .slice(0, most)
    .map(({ severity, range: where, message, source, code }) => {
      const value = typeof code === 'object' ? code.value : code;
      const name = [source, value === undefined ? undefined : `(${value})`]
        .filter((part) => part !== undefined)
        .join('');
      return {
        severity: severities[severity],
        line: where.start.line + 1,
        column: where.start.character + 1,
        message,
        ...(name === '' ? {} : { code: name }),
        sourceLine: document.lineAt(where.start.line).text,
      };
    });
}
