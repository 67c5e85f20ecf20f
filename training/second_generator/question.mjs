import { AMOUNTS, THINGS } from './words.mjs';

const FOLDERS = ['', '', 'src/', 'lib/', 'app/shop/', 'src/harbor/', 'packages/core/'];
const EXTENSIONS = { javascript: ['js', 'js', 'mjs'], typescript: ['ts'] };

/**
 * The user's turn, as the panel, the terminal or a person in a hurry writes it.
 * @param {import('./draw.mjs').Draw} draw
 * @param {object} parts
 * @param {string} parts.ask
 * @param {string} parts.code
 * @param {'javascript' | 'typescript'} parts.language
 * @returns {{ question: string, tag: string }} `tag` is the language of its fence, and of an answer's
 */
export function userTurn(draw, { ask, code, language }) {
  const way = draw.next();
  if (way < 0.5) {
    const lines = code.split('\n').length;
    const first = draw.int(1, 60);
    const place = draw.chance(0.5) ? '' : `, lines ${first} to ${first + lines - 1}`;
    return {
      question: `\`${filePath(draw, language)}\`${place}:\n\n${fenced(code, language)}\n\n${ask}`,
      tag: language,
    };
  }
  if (way < 0.75) return { question: `${ask}\n\n${fenced(code, '')}`, tag: '' };
  if (way < 0.85) {
    const tag = language === 'typescript' ? 'ts' : 'js';
    return { question: `${ask}\n\n${fenced(code, tag)}`, tag };
  }
  return { question: way < 0.95 ? `${ask}\n\n${code}` : `${code}\n\n${ask}`, tag: '' };
}

/**
 * @param {import('./draw.mjs').Draw} draw
 * @param {'javascript' | 'typescript'} language
 */
function filePath(draw, language) {
  const name = draw.pick(draw.chance(0.6) ? THINGS.map(([, one]) => one) : AMOUNTS);
  return `${draw.pick(FOLDERS)}${name}.${draw.pick(EXTENSIONS[language])}`;
}

/**
 * @param {string} code
 * @param {string} language
 */
export const fenced = (code, language) => `\`\`\`${language}\n${code}\n\`\`\``;
