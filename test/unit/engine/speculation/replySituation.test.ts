import { describe, expect, it } from 'vitest';
import { ReplySituation } from '../../../../src/engine/speculation/replySituation.ts';
import { NO_TOKEN } from '../../../../src/models/ngrams/noToken.ts';
import type { Situation } from '../../../../src/models/ngrams/situation.ts';
import { Words } from './words.ts';

type Field = Exclude<keyof Situation, 'matched' | 'away' | 'asked' | 'part' | 'lines' | 'line'>;

interface Known {
  /** The word there; `|` for none. */
  readonly word: (field: Field) => string;
  readonly situation: Situation;
}

/** What is known behind `reply` and what is only taken for the tokens behind it. */
function known(text: string, reply: string, taken = ''): Known {
  const words = new Words();
  const [thoughtEnd] = words.tokens('</think>');
  const ground = { prompt: words.tokens('do it'), text: words.tokens(text), thoughtEnd };
  const stand = new ReplySituation(ground, new Uint8Array());
  for (const token of words.tokens(reply)) stand.accept(token);
  const ahead = stand.ahead();
  if (taken !== '') for (const token of words.tokens(taken)) ahead.take(token);
  const situation = ahead.situation();
  const word = (field: Field): string =>
    situation[field] === NO_TOKEN ? '|' : words.text([situation[field]]);
  return { word, situation };
}

describe('where a reply stands', () => {
  it('is behind its last tokens, and before that behind those of the prompt', () => {
    const { word } = known('a b', 'a');
    expect([word('last'), word('second')]).toEqual(['a', 'it']);
  });

  it('is where the text goes on, with as much of it before', () => {
    const { word, situation } = known('a b c d', 'a b c');
    expect(word('copied')).toBe('d');
    expect(situation.matched).toBe(3);
  });

  it('is where another place says something else', () => {
    expect(known('a b X , z b Y , q b X', 'a b').word('other')).toBe('Y');
    expect(known('a b X , q b X', 'a b').word('other')).toBe('|');
  });

  it('is where the reply said the same before', () => {
    expect(known('a b X', 'b Y ; b Z ; a b').word('repeated')).toBe('Z');
    expect(known('a b X', 'a b').word('repeated')).toBe('|');
  });

  it('is behind the first place of the text that says the same, and the last', () => {
    const { word } = known('a X , a Y , a Z , a', 'a');
    expect([word('first'), word('final')]).toEqual(['X', 'Z']);
    expect(known('b X', 'a').word('first')).toBe('|');
    expect(known('b X', 'a').word('final')).toBe('|');
    expect(known('b X | a Y', 'a').word('final'), 'in the question').toBe('|');
  });

  it('knows what the reply began with, also ahead of it', () => {
    expect(known('a b', 'x y').word('opening')).toBe('x');
    expect(known('a b', 'x', 'y z').word('opening')).toBe('x');
  });

  it('is behind a thought or not', () => {
    const asked = (reply: string) => known('a b', reply).situation.asked;
    expect(asked('a </think> b')).toBe(asked('x </think>'));
    expect(asked('a </think> b')).not.toBe(asked('a b'));
  });

  it('is beside the text while something is said in place of what it has', () => {
    const text = 'let a = 1 ; b';
    const away = (reply: string, taken?: string) => {
      const { word, situation } = known(text, reply, taken);
      return [word('back'), situation.away];
    };
    expect(away('let')).toEqual(['|', -1]);
    expect(away('let the')).toEqual(['=', 0]);
    expect(away('let the price')).toEqual(['=', 1]);
    expect(away('let the price =')).toEqual(['|', -1]);
    expect(away('let', 'the price'), 'ahead of the reply').toEqual(['=', 1]);
    expect(away('let the', 'price ='), 'ahead of the reply').toEqual(['|', -1]);
    expect(away('let x x x x x x x x x x'), 'for good').toEqual(['|', -1]);
  });

  it('is where the reply has mentioned what comes next in the text', () => {
    const { word } = known('let x = 1 ;', 'x becomes price ; let');
    expect([word('mentioned'), word('mentionedNext'), word('mentionedLast')]).toEqual([
      'becomes',
      'price',
      ';',
    ]);
    expect(known('let x = 1 ;', 'y becomes price ; let').word('mentioned')).toBe('|');
    const longer = known('let my x = 1', 'my x is old , my y is new , let');
    expect(longer.word('mentioned'), 'by as much as possible').toBe('is');
    expect(longer.word('mentionedNext')).toBe('old');
  });

  it('is behind all that was mentioned when that is replaced', () => {
    expect(known('so let old name = 1', 'old name becomes price ; so let price').word('back')).toBe('=');
  });
});
