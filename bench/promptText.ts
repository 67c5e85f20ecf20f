import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Real code to ask about: this repository's own. */
const SOURCES = [
  'src/protocol/chat.ts',
  'src/protocol/engine.ts',
  'src/protocol/generation.ts',
  'src/engineClient/engineClient.ts',
];

export function readCode(root: string): Promise<string> {
  return Promise.all(SOURCES.map((file) => readFile(path.join(root, file), 'utf8'))).then((texts) =>
    texts.join('\n'),
  );
}

/** A question with a long answer about the first `characters` of `code`. */
export function questionAbout(code: string, characters: number): string {
  return `Explain in detail, line by line, what this code does:\n\n${code.slice(0, characters)}`;
}

/**
 * The longest question whose prompt takes at most `tokens` tokens.
 * @param count tokens of the whole prompt that a question makes
 */
export async function questionOfLength(
  code: string,
  tokens: number,
  count: (question: string) => Promise<number>,
): Promise<string> {
  let [fits, tooLong] = [0, code.length + 1];
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if ((await count(questionAbout(code, middle))) <= tokens) fits = middle;
    else tooLong = middle;
  }
  if (fits === code.length) throw new RangeError(`there is not enough code for a prompt of ${tokens} tokens`);
  return questionAbout(code, fits);
}
