import { describe, expect, it } from 'vitest';
import { TOKEN_CLASS } from '../../../src/models/ngrams/tokenClass.ts';
import { learnClasses } from '../../../training/ngrams/learnClasses.ts';
import type { ReplySample } from '../../../training/ngrams/learnNgrams.ts';

const TEXTS = ['', '\n', 'Rename', ' to', 'pri', ' ce', 'const', 'x', '12', ' =', ';\n', ' const', 'Price'];
const token = (text: string) => TEXTS.indexOf(text);
const tokens = {
  size: TEXTS.length,
  textOf: (at: number) => TEXTS[at] ?? '',
  isMark: (at: number) => at === 0,
};

/** One of a hundred has another name. */
const samples = Array.from({ length: 100 }, (_, index): ReplySample => {
  const names = index === 0 ? [token('pri'), token(' ce')] : [token('x'), token('x')];
  return {
    prompt: [0, token('Rename'), ...names, token(' to'), ...(index === 0 ? [token('Price')] : []), 0, 1],
    text: [],
    reply: [token('const'), ...names, token(' ='), token('12'), token(';\n')],
  };
});

describe('what tokens are', () => {
  const classes = learnClasses(samples, tokens);
  const { name, number, apart, lineEnd, instruction, mark } = TOKEN_CLASS;

  it.each([
    ['', mark],
    ['\n', apart | lineEnd],
    [';\n', lineEnd],
    ['12', number],
    [' =', apart],
    ['pri', name],
    [' ce', name | apart],
    ['const', 0],
  ])('is told by the text: %j', (text, expected) => {
    expect(classes[token(text)]).toBe(expected);
  });

  it('is a name where it is a letter, however often it is said', () => {
    expect(classes[token('x')]).toBe(name);
  });

  it('is a word of instructions where many have it', () => {
    expect(classes[token('Rename')]).toBe(name | instruction);
    expect(classes[token(' to')]).toBe(name | apart | instruction);
    expect(classes[token('Price')]).toBe(name);
  });
});
