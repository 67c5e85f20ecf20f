import { fence, inlineCode } from './fence.ts';

/** What a language feature reports about a place in a document. */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'information' | 'hint';
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** For example `ts(2345)`. */
  readonly code?: string;
  readonly sourceLine: string;
}

export function renderProblems(path: string, problems: readonly Problem[]): string {
  const lines = problems.map(({ severity, line, column, message, code, sourceLine }) => {
    const head = `${line}:${column} ${severity}${code === undefined ? '' : ` ${code}`}: ${message.replaceAll(/\s*\n\s*/gu, ' ')}`;
    return sourceLine.trim() === '' ? head : `${head}\n    ${sourceLine.trim()}`;
  });
  return `Problems reported in ${inlineCode(path)}:\n\n${fence(lines.join('\n'), '')}`;
}
