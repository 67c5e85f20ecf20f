/** A fenced block that `text` cannot close: its fence is longer than any run of backticks inside (CommonMark 0.31, 4.5). */
export function fence(text: string, tag: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/gu)].map(([run]) => run.length));
  const marks = '`'.repeat(longest + 1);
  return `${marks}${tag}\n${text}${text.endsWith('\n') ? '' : '\n'}${marks}`;
}

/** A path on one line between backticks; CommonMark wants more of them than there are inside. */
export function inlineCode(text: string): string {
  const line = text.replaceAll(/[\r\n]+/gu, ' ');
  const longest = Math.max(0, ...[...line.matchAll(/`+/gu)].map(([run]) => run.length));
  const marks = '`'.repeat(longest + 1);
  return longest === 0 ? `${marks}${line}${marks}` : `${marks} ${line} ${marks}`;
}

/** What follows a fence for one of VS Code's language ids; it may hold no white space or backtick. */
export function fenceTag(languageId: string): string {
  if (languageId === 'plaintext') return '';
  const known: Readonly<Record<string, string>> = {
    typescriptreact: 'tsx',
    javascriptreact: 'jsx',
    shellscript: 'sh',
  };
  return (known[languageId] ?? languageId).replaceAll(/[\s`]/gu, '');
}
