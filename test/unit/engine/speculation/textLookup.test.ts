import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_TOKEN } from '../../../../src/models/ngrams/noToken.ts';
import { TextLookup } from '../../../../src/engine/speculation/textLookup.ts';
import { copiedAhead } from './copiedAhead.ts';
import { Words } from './words.ts';

/** What is predicted behind `reply`, in words. */
function predicted(text: string, reply: string, limit = 4): string {
  const words = new Words();
  const lookup = new TextLookup(words.tokens(text));
  for (const token of words.tokens(reply)) lookup.accept(token);
  return words.text(copiedAhead(lookup, limit).map(({ token }) => token));
}

describe('what a text says comes next', () => {
  it('is what stands behind the last token of the reply', () => {
    expect(predicted('let a = 1 ; return a', 'let')).toBe('a = 1 ;');
  });

  it('is nothing for a reply that has nothing of the text, an empty reply, and an empty text', () => {
    expect(predicted('let a = 1', 'const')).toBe('');
    const lookup = new TextLookup([]);
    expect(copiedAhead(lookup, 4)).toEqual([]);
    lookup.accept(3);
    expect(copiedAhead(lookup, 4)).toEqual([]);
  });

  it('is what stands behind the longest end of the reply', () => {
    expect(predicted('a b c X , z b c Y', 'so a b c', 1)).toBe('X');
    expect(predicted('a b c X , z b c Y', 'so z b c', 1)).toBe('Y');
  });

  it('is, of equals, what stands next behind the place where the reply was', () => {
    expect(predicted('; one ; two ; three', 'one ;', 1)).toBe('two');
    expect(predicted('f ( one ) ; g ( two )', 'f ( one ) ; h (', 1)).toBe('two');
  });

  it('is not led astray by a single token that the text happens to have elsewhere', () => {
    expect(predicted('f ( one ) ; g ( two ) ; h ( three )', 'f ( one ) ; x three y (', 1)).toBe('two');
  });

  it('is, of equals, what the text says rather than the reply, and the reply rather than the question', () => {
    expect(predicted('a one | z a two', 'z a two ; a', 1)).toBe('one');
    expect(predicted('one | a two', 'a three ; a', 1)).toBe('three');
  });

  it('ends with the text, and before a token that is never predicted', () => {
    expect(predicted('a b c', 'a b', 9)).toBe('c');
    expect(predicted('a b c | d e', 'a', 9)).toBe('b c');
  });

  it('is also what the reply itself has said', () => {
    expect(predicted('nothing', 'x y z . x', 2)).toBe('y z');
  });

  it('goes round in a reply that does', () => {
    expect(predicted('nothing', 'x y x y x', 4)).toBe('y x');
  });

  it('is, behind a token that is only taken for the next one, what it would be behind it', () => {
    const lookup = new TextLookup([1, 2, 3, 4, 1, 5, 6, 7]);
    for (const token of [9, 1]) lookup.accept(token);
    const tokens = (...taken: number[]): number[] => copiedAhead(lookup, 2, taken).map(({ token }) => token);
    expect(tokens(5)).toEqual([6, 7]);
    expect(tokens(2, 3)).toEqual([4, 1]);
    expect(tokens(2, 8, 6)).toEqual([7]);
    expect(tokens(8)).toEqual([]);
    expect(tokens(), 'nothing was accepted').toEqual([2, 3]);
  });

  it('says how many tokens before each prediction are the same', () => {
    const lookup = new TextLookup([1, 2, 3, 4, 5]);
    for (const token of [9, 2, 3]) lookup.accept(token);
    expect(copiedAhead(lookup, 9)).toEqual([
      { token: 4, matched: 2 },
      { token: 5, matched: 3 },
    ]);
  });
});

describe('what a reply changes in a text', () => {
  const renamed = 'let a = 1 ; b = a + 2 ; return a + b ;';

  it('is predicted where the same stands again', () => {
    expect(predicted(renamed, 'let price = 1 ; b =', 5)).toBe('price + 2 ; return');
    expect(predicted(renamed, 'let price = 1 ; b = price + 2 ; return', 3)).toBe('price + b');
  });

  it('may be of other lengths', () => {
    expect(predicted(renamed, 'let the total price = 1 ; b =', 5)).toBe('the total price + 2');
    const long = 'let old name = 1 ; b = old name + 2 ;';
    expect(predicted(long, 'let x = 1 ; b =', 3)).toBe('x + 2');
  });

  it('is unlearned where it is not changed again', () => {
    const reply = 'let price = 1 ; b = a + 2 ; return';
    expect(predicted(renamed, reply, 2)).toBe('a +');
  });

  it('is not what was only added or left out', () => {
    expect(predicted('f ( x ) ; g ( x ) ;', 'f ( x , y ) ; g (', 2)).toBe('x )');
    expect(predicted('f ( q x ) ; g ( q x ) ;', 'f ( x ) ; g (', 2)).toBe('q x');
  });
});

describe('a lookup of anything in anything', () => {
  it('predicts only tokens that text or reply have', () => {
    const token = fc.integer({ min: NO_TOKEN, max: 6 });
    const property = fc.property(
      fc.array(token, { maxLength: 60 }),
      fc.array(fc.nat({ max: 6 }), { maxLength: 80 }),
      fc.integer({ min: 1, max: 20 }),
      (text, reply, limit) => {
        const lookup = new TextLookup(text);
        const known = new Set(text.filter((each) => each !== NO_TOKEN));
        for (const each of reply) {
          lookup.accept(each);
          known.add(each);
          const predictions = copiedAhead(lookup, limit);
          for (const { token: next, matched } of predictions) {
            expect(known).toContain(next);
            expect(matched).toBeGreaterThan(0);
          }
        }
      },
    );
    fc.assert(property, { numRuns: 300, seed: 5 });
  });

  it('follows a reply that is the text, from its second token on, where no token stands twice', () => {
    const property = fc.property(fc.uniqueArray(fc.nat({ max: 1000 }), { minLength: 2 }), (text) => {
      const lookup = new TextLookup(text);
      for (const [at, token] of text.slice(0, -1).entries()) {
        lookup.accept(token);
        const rest = text.slice(at + 1);
        expect(copiedAhead(lookup, rest.length).map((each) => each.token)).toEqual(rest);
      }
    });
    fc.assert(property, { numRuns: 100, seed: 6 });
  });
});
