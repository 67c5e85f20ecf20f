import { describe, expect, it } from 'vitest';
import { agreementOf } from '../../../../src/models/ngrams/agreement.ts';
import { askedBehindThought, askedBy } from '../../../../src/models/ngrams/asked.ts';
import { matchClass } from '../../../../src/models/ngrams/matchClass.ts';
import { GUESS_KINDS, NgramModel } from '../../../../src/models/ngrams/ngramModel.ts';
import { type NgramEntry, NgramTable } from '../../../../src/models/ngrams/ngramTable.ts';
import { POINTERS, symbolOf } from '../../../../src/models/ngrams/pointer.ts';
import type { Situation } from '../../../../src/models/ngrams/situation.ts';
import { TOKEN_CLASS } from '../../../../src/models/ngrams/tokenClass.ts';
import { keysOf, NO_CLASSES, situationOf } from './situationOf.ts';

const COPIED = symbolOf('copied');
const there = situationOf({ asked: 1, last: 5, second: 6, copied: 3, matched: 4, other: 9 });
const nothingCopied = { ...there, copied: -1, matched: 0 };

/** A model that knows these of a situation's contexts, in their order. */
function model(situation: Situation, ...entries: readonly (NgramEntry | undefined)[]): NgramModel {
  const keys = keysOf(situation);
  const known = entries.flatMap((entry, index) => (entry ? [[keys[index] ?? NaN, entry] as const] : []));
  return new NgramModel(NgramTable.of(new Map(known)), NO_CLASSES, []);
}

describe('a table of n-grams', () => {
  it('says what stands in the context that is surest', () => {
    const said = model(there, { symbol: 8, chance: 150 }, { symbol: COPIED, chance: 120 }, undefined, {
      symbol: 9,
      chance: 180,
    });
    expect(said.guess(there)).toMatchObject({ token: 9, isCopied: false });
    expect(said.surest(there)).toBe(keysOf(there)[3]);
  });

  it('says the copied token where that is named, in either way', () => {
    for (const symbol of [COPIED, 3])
      expect(model(there, { symbol, chance: 150 }).guess(there)).toMatchObject({ token: 3, isCopied: true });
  });

  it.each(POINTERS.filter((pointer) => pointer !== 'end'))('says what %s stands for', (pointer) => {
    const pointing = { ...nothingCopied, [pointer]: 42 };
    expect(model(pointing, { symbol: symbolOf(pointer), chance: 150 }).guess(pointing)?.token).toBe(42);
  });

  it('says nothing where a reply is likeliest to end', () => {
    const said = model(there, { symbol: 8, chance: 150 }, { symbol: symbolOf('end'), chance: 200 });
    expect(said.guess(there)).toBeUndefined();
  });

  it('says the copied token where it knows no context, and nothing where nothing is copied', () => {
    expect(model(there).guess(there)).toMatchObject({ token: 3, isCopied: true });
    expect(model(there).guess(nothingCopied)).toBeUndefined();
    expect(model(there).surest(there)).toBeUndefined();
  });

  it('asks the next surest context where one points to nothing', () => {
    const pointing: NgramEntry = { symbol: COPIED, chance: 230 };
    expect(model(nothingCopied, pointing).guess(nothingCopied)).toBeUndefined();
    const said = model(nothingCopied, pointing, { symbol: 4, chance: 100 });
    expect(said.guess(nothingCopied)).toMatchObject({ token: 4, isCopied: false });
  });

  it('tells guesses apart by how sure they are and by what the text says', () => {
    const kind = (entry: NgramEntry, situation: Situation) => model(situation, entry).guess(situation)?.kind;
    const kinds = [10, 40, 60, 90, 115, 140, 165, 190, 215, 235, 245, 251, 255].flatMap((chance) => [
      kind({ symbol: 4, chance }, there),
      kind({ symbol: 4, chance }, nothingCopied),
      kind({ symbol: 3, chance }, there),
    ]);
    expect(new Set(kinds).size).toBe(kinds.length);
    for (const each of kinds) expect(each).toBeLessThan(GUESS_KINDS);
  });
});

describe('the keys of contexts', () => {
  it('differ between contexts of small tokens', () => {
    const keys = new Set<number>();
    let count = 0;
    for (let last = 0; last < 12; last++)
      for (let second = 0; second < 12; second++)
        for (let copied = 0; copied < 12; copied++) {
          for (const key of keysOf(situationOf({ last, second, copied })).slice(4, 5)) keys.add(key);
          count++;
        }
    expect(keys.size).toBe(count);
  });

  it('differ between the contexts of a situation', () => {
    const keys = keysOf(there);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('depend on the class of a match, not on its length', () => {
    const of = (matched: number) => keysOf({ ...there, matched });
    expect(of(7)).toEqual(of(4));
    expect(of(8)).not.toEqual(of(4));
  });

  it('are those of other names and numbers, where they do not go by the token', () => {
    const { name, number } = TOKEN_CLASS;
    const classes = Uint8Array.from([name, name, number, number, 0, 0]);
    const sameAs = (copied: number, other: number) => {
      const [left, right] = [copied, other].map((token) => keysOf(situationOf({ copied: token }), classes));
      return left?.filter((key, index) => key === right?.[index]).length ?? NaN;
    };
    // Those by what may come next which is the same go by no token.
    const byNoToken = sameAs(4, 5);
    expect(sameAs(0, 1)).toBeGreaterThan(byNoToken);
    expect(sameAs(2, 3)).toBe(sameAs(0, 1));
    expect(sameAs(0, 2)).toBe(byNoToken);
  });
});

describe('what agrees of what may come next', () => {
  const agreement = (tokens: Partial<Situation>) => agreementOf(situationOf(tokens));

  it('is the same for other tokens', () => {
    expect(agreement({ copied: 3, back: 3, opening: 8 })).toBe(agreement({ copied: 7, back: 7, opening: 1 }));
  });

  it('tells equal from different, and none from one', () => {
    const patterns = [
      { copied: 3, back: 3 },
      { copied: 3, back: 4 },
      { copied: 3 },
      { back: 3 },
      { copied: 3, back: 3, parallel: 3 },
      {},
    ].map(agreement);
    expect(new Set(patterns).size).toBe(patterns.length);
  });
});

describe('what is asked', () => {
  const { instruction, lineEnd, mark, name } = TOKEN_CLASS;
  const [RENAME, TO, REMOVE, X, PRICE, LINE, USER, REPLY] = [0, 1, 2, 3, 4, 5, 6, 7];
  const classes = Uint8Array.from([instruction, instruction, instruction, name, name, lineEnd, mark, mark]);
  const asked = (...question: number[]) => askedBy([USER, ...question, REPLY, LINE], classes);

  it('is told by the words of the last line, whatever names are in it', () => {
    expect(asked(X, LINE, RENAME, X, TO, PRICE)).toBe(asked(PRICE, X, LINE, RENAME, PRICE, PRICE, TO, X));
    expect(asked(X, LINE, RENAME, X, TO, PRICE)).not.toBe(asked(X, LINE, REMOVE, X, TO, PRICE));
  });

  it('is told by the first line where the last one says nothing', () => {
    expect(asked(RENAME, X, TO, PRICE, LINE, X, X, LINE, X)).toBe(asked(RENAME, X, TO, PRICE));
    expect(asked(RENAME, LINE, X)).not.toBe(asked(REMOVE, LINE, X));
  });

  it('is that of the last question', () => {
    const before = [USER, REMOVE, REMOVE, REMOVE, LINE, REPLY, LINE, X, LINE];
    const question = [USER, RENAME, X, TO, PRICE, LINE, X, REPLY, LINE];
    expect(askedBy([...before, ...question], classes)).toBe(askedBy(question, classes));
  });

  it('is another behind a thought', () => {
    expect(askedBehindThought(asked(RENAME, X, TO, PRICE))).not.toBe(asked(RENAME, X, TO, PRICE));
  });
});

describe('the class of a match', () => {
  it('doubles', () => {
    expect([0, 1, 2, 3, 4, 7, 8, 15, 16, 1000].map(matchClass)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
  });
});
