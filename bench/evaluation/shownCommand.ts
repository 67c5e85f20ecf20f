import path from 'node:path';

/** Options that say where results go, not how they came about. */
const OUTPUT_OPTIONS = { '--write': 0, '-w': 0, '--json': 1, '--show-failures': 1 } as const;

/**
 * A command as a page shows it: without what only says where results go, and with files as they are called in the
 * checkout, or by their name alone where they lie elsewhere.
 * @param words after `npm run eval --`
 */
export function shownCommand(words: readonly string[], root: string): string {
  const shown: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const [option = '', value] = word.split('=', 2);
    if (option in OUTPUT_OPTIONS) {
      // The check above proves the key.
      if (value === undefined) i += OUTPUT_OPTIONS[option as keyof typeof OUTPUT_OPTIONS];
    } else {
      shown.push(value === undefined ? shownFile(word, root) : `${option}=${shownFile(value, root)}`);
    }
  }
  return ['npm run eval --', ...shown.map((word) => (/\s/u.test(word) ? `"${word}"` : word))].join(' ');
}

function shownFile(word: string, root: string): string {
  if (!path.isAbsolute(word)) return word.startsWith('..') ? path.basename(word) : word;
  const inside = path.relative(root, word);
  return inside.startsWith('..') ? path.basename(word) : inside;
}
