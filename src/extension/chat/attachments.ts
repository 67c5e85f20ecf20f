import type { QuestionNode } from '../../protocol/conversation.ts';

/** A piece of the workspace as the model reads it: kept with the question it was attached to. */
export type Attachment = QuestionNode['attachments'][number];

/** A document, or the part of it that is selected. Lines count from 1; both ends are included. */
export interface CodeExcerpt {
  /** Relative to the workspace where there is one. */
  readonly path: string;
  readonly languageId: string;
  readonly text: string;
  readonly lines?: { readonly first: number; readonly last: number };
}

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

/** `cart.ts`, or `cart.ts:10-24` for a part of it. */
export function excerptLabel({ path, lines }: Pick<CodeExcerpt, 'path' | 'lines'>): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (lines === undefined) return name;
  return lines.first === lines.last ? `${name}:${lines.first}` : `${name}:${lines.first}-${lines.last}`;
}

/** Code under a line that says where it is from. */
export function renderExcerpt(excerpt: CodeExcerpt): string {
  const { lines } = excerpt;
  const place =
    lines === undefined
      ? ''
      : lines.first === lines.last
        ? `, line ${lines.first}`
        : `, lines ${lines.first} to ${lines.last}`;
  return `${inlineCode(excerpt.path)}${place}:\n\n${fence(excerpt.text, fenceLanguage(excerpt.languageId))}`;
}

export function renderProblems(path: string, problems: readonly Problem[]): string {
  const lines = problems.map(({ severity, line, column, message, code, sourceLine }) => {
    const head = `${line}:${column} ${severity}${code === undefined ? '' : ` ${code}`}: ${message.replaceAll(/\s*\n\s*/gu, ' ')}`;
    return sourceLine.trim() === '' ? head : `${head}\n    ${sourceLine.trim()}`;
  });
  return `Problems reported in ${inlineCode(path)}:\n\n${fence(lines.join('\n'), '')}`;
}

/** The user's turn as the model reads it: what is attached first, then the question. */
export function renderQuestion(question: Pick<QuestionNode, 'text' | 'attachments'>): string {
  return [...question.attachments.map(({ content }) => content), question.text].join('\n\n');
}

/** A fenced block that `text` cannot close: its fence is longer than any run of backticks inside. */
export function fence(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/gu)].map(([run]) => run.length));
  const marks = '`'.repeat(longest + 1);
  return `${marks}${language}\n${text}${text.endsWith('\n') ? '' : '\n'}${marks}`;
}

/** A path on one line between backticks; CommonMark wants more of them than there are inside. */
function inlineCode(text: string): string {
  const line = text.replaceAll(/[\r\n]+/gu, ' ');
  const longest = Math.max(0, ...[...line.matchAll(/`+/gu)].map(([run]) => run.length));
  const marks = '`'.repeat(longest + 1);
  return longest === 0 ? `${marks}${line}${marks}` : `${marks} ${line} ${marks}`;
}

/** Language ids are VS Code's; an info string may hold no white space or backtick. */
function fenceLanguage(languageId: string): string {
  if (languageId === 'plaintext') return '';
  const known: Readonly<Record<string, string>> = {
    typescriptreact: 'tsx',
    javascriptreact: 'jsx',
    shellscript: 'sh',
  };
  return (known[languageId] ?? languageId).replaceAll(/[\s`]/gu, '');
}
