import { describe, expect, it } from 'vitest';
import { LineStarts } from '../../../../src/engine/speculation/lineStarts.ts';
import { TokenPlaces } from '../../../../src/engine/speculation/tokenPlaces.ts';
import { NO_TOKEN } from '../../../../src/models/ngrams/noToken.ts';
import { Words } from './words.ts';

/** What the next line may begin with behind these, `|` for nothing; `/` ends a line. @param rest of what stands behind the text */
function nextOf(text: string, reply: string, rest = ''): string {
  const words = new Words();
  const tokens = words.tokens(text);
  const all = rest === '' ? tokens : [...tokens, ...words.tokens(rest)];
  const starts = new LineStarts(all, tokens.length, new TokenPlaces(all));
  for (const word of reply.split(' ')) starts.goOn(words.tokens(word)[0] ?? NaN, word === '/');
  return starts.next === NO_TOKEN ? '|' : words.text([starts.next]);
}

describe('what the next line begins with', () => {
  const code = 'so var _ a = 1 ; var _ b = a ; var _ c';

  it('is what stands behind the same two tokens next', () => {
    expect(nextOf(code, 'a')).toBe('b');
    expect(nextOf(code, 'a is const / b')).toBe('c');
    expect(nextOf(code, 'a / b / c')).toBe('|');
  });

  it('goes by what a line begins with alone', () => {
    expect(nextOf(code, 'a b c')).toBe('b');
  });

  it('is nothing where the text has no such token', () => {
    expect(nextOf(code, 'x')).toBe('|');
    expect(nextOf(code, 'so')).toBe('|');
  });

  it('takes the next place that stands behind the same, and not one before it', () => {
    expect(nextOf('if ( a ) f ( b ) if ( b ) if ( c )', 'a / b')).toBe('c');
  });

  it('looks at the text alone', () => {
    expect(nextOf('so var _ a', 'a', '; var _ b')).toBe('|');
    expect(nextOf('so it is', 'a', '; var _ a')).toBe('|');
  });

  it('goes on from a copy as from itself', () => {
    const words = new Words();
    const tokens = words.tokens(code);
    const [starts, copy] = [0, 1].map(() => new LineStarts(tokens, tokens.length, new TokenPlaces(tokens)));
    if (!starts || !copy) throw new Error('there are two');
    starts.goOn(words.tokens('a')[0] ?? NaN, true);
    copy.copyFrom(starts);
    copy.goOn(words.tokens('b')[0] ?? NaN, true);
    expect(words.text([starts.next, copy.next])).toBe('b c');
  });
});
