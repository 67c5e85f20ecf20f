import { describe, expect, it } from 'vitest';
import { contextKeys, type Copied, type Situation } from '../../../../src/models/ngrams/contexts.ts';
import { matchClass } from '../../../../src/models/ngrams/matchClass.ts';
import { COPY, GUESS_KINDS, type NgramEntry, NgramModel } from '../../../../src/models/ngrams/ngramModel.ts';

const copied = { token: 3, matched: 4 };
const at = (text: Copied | undefined): Situation => ({ asked: 1, ending: [5, 6, 7], copied: text });

/** A model that knows these of the contexts, in their order. */
function model(...entries: readonly (NgramEntry | undefined)[]): NgramModel {
  const keys = contextKeys(at(copied));
  const known = entries.flatMap((entry, index) => (entry ? [[keys[index] ?? NaN, entry] as const] : []));
  return new NgramModel(new Map(known), []);
}

describe('a table of n-grams', () => {
  it('says what stands in the context that is surest', () => {
    const said = model({ token: 8, chance: 0.6 }, { token: COPY, chance: 0.5 }, undefined, {
      token: 9,
      chance: 0.7,
    });
    expect(said.guess(at(copied))).toMatchObject({ token: 9, isCopied: false });
  });

  it('says the copied token where that is named, in either way', () => {
    expect(model({ token: COPY, chance: 0.6 }).guess(at(copied))).toMatchObject({
      token: 3,
      isCopied: true,
    });
    expect(model({ token: 3, chance: 0.6 }).guess(at(copied))).toMatchObject({
      token: 3,
      isCopied: true,
    });
  });

  it('says the copied token where it knows no context, and nothing where nothing is copied', () => {
    expect(model().guess(at(copied))).toMatchObject({ token: 3, isCopied: true });
    expect(model().guess(at(undefined))).toBeUndefined();
  });

  it('copies nothing where there is nothing to copy', () => {
    expect(model({ token: COPY, chance: 0.9 }).guess(at(undefined))).toBeUndefined();
    expect(model({ token: 4, chance: 0.9 }).guess(at(undefined))).toMatchObject({ token: 4 });
  });

  it('tells guesses apart by how sure they are and by what the text says', () => {
    const kind = (entry: NgramEntry, text: typeof copied | undefined) => model(entry).guess(at(text))?.kind;
    const kinds = [0.04, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.92, 0.96, 0.99].flatMap(
      (chance) => [
        kind({ token: 4, chance }, copied),
        kind({ token: 4, chance }, undefined),
        kind({ token: 3, chance }, copied),
      ],
    );
    expect(new Set(kinds).size).toBe(kinds.length);
    for (const each of kinds) expect(each).toBeLessThan(GUESS_KINDS);
  });
});

describe('the keys of contexts', () => {
  it('differ between contexts of small tokens', () => {
    const keys = new Set<number>();
    let count = 0;
    for (let first = 0; first < 12; first++)
      for (let second = 0; second < 12; second++)
        for (let third = 0; third < 12; third++) {
          // One is of what was said alone: it is the same whatever is copied.
          for (const key of contextKeys({ asked: 1, ending: [first, second, third], copied: undefined }))
            keys.add(key);
          count++;
        }
    expect(keys.size).toBe(count);
  });

  it('depend on how well the text was followed, and all but one on what it says', () => {
    const of = (token: number, matched: number) => contextKeys(at({ token, matched })).slice(1);
    expect(of(3, 7)).toEqual(of(3, 4));
    expect(of(3, 8).filter((key) => of(3, 4).includes(key))).toEqual([]);
    expect(of(4, 4).filter((key) => of(3, 4).includes(key))).toHaveLength(1);
  });
});

describe('the class of a match', () => {
  it('doubles', () => {
    expect([0, 1, 2, 3, 4, 7, 8, 15, 16, 1000].map(matchClass)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
  });
});
