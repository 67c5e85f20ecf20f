import { describe, expect, it } from 'vitest';
import { ReplySituation } from '../../../src/engine/speculation/replySituation.ts';
import { NgramModel } from '../../../src/models/ngrams/ngramModel.ts';
import { NgramTable } from '../../../src/models/ngrams/ngramTable.ts';
import { NO_TOKEN } from '../../../src/models/ngrams/noToken.ts';
import { symbolOf } from '../../../src/models/ngrams/pointer.ts';
import type { Situation } from '../../../src/models/ngrams/situation.ts';
import { TOKEN_CLASS } from '../../../src/models/ngrams/tokenClass.ts';
import { guessChances, learnNgrams, type ReplySample } from '../../../training/ngrams/learnNgrams.ts';

/** `var` becomes `let`, behind any word that the reply begins with. */
const [VAR, LET, EQUALS, END] = [1, 2, 3, 4];
const CLASSES = Uint8Array.from({ length: 60 }, (_, token) => (token < 20 ? 0 : TOKEN_CLASS.name));
const changed = (name: number): ReplySample => ({
  prompt: [7, 8, 9],
  text: [VAR, name, EQUALS, name, END, VAR, name, EQUALS, END],
  reply: [LET, name, EQUALS, name, END, LET, name, EQUALS, END],
});

/** Where the reply begins. */
const beginningOf = (sample: ReplySample): Situation =>
  new ReplySituation(sample, CLASSES).ahead().situation();

describe('n-grams that are learned from replies', () => {
  const entries = learnNgrams([changed(20), changed(21), changed(22)], CLASSES, 3);
  const model = new NgramModel(NgramTable.of(entries), CLASSES, []);

  it('say what replies say, also of names that none had, and where they end', () => {
    const sample = changed(30);
    const reply = new ReplySituation(sample, CLASSES);
    const said = [...sample.reply, NO_TOKEN].map((token) => {
      const guess = model.guess(reply.ahead().situation());
      reply.accept(token);
      return guess?.token;
    });
    // The name is new, and what it begins is not known before the text was found.
    expect(said.filter((_, index) => index !== 1)).toEqual([
      LET,
      ...[EQUALS, 30, END],
      ...[LET, 30, EQUALS, END],
      undefined,
    ]);
  });

  it('say nothing of contexts that were seen too seldom', () => {
    const beginning = beginningOf(changed(20));
    expect(model.guess(beginning)?.token).toBe(LET);
    const few = new NgramModel(
      NgramTable.of(learnNgrams([changed(20), changed(21)], CLASSES, 9)),
      CLASSES,
      [],
    );
    expect(few.guess(beginning)).toBeUndefined();
  });

  it('are as sure as they were right, and a little less', () => {
    const key = model.surest(beginningOf(changed(20))) ?? NaN;
    expect(entries.get(key)).toEqual({ symbol: LET, chance: Math.round(255 * (3.5 / 4.2)) });
  });

  it('point to what is copied rather than name it', () => {
    const pointers = [...entries.values()].filter(({ symbol }) => symbol === symbolOf('copied'));
    expect(pointers.length).toBeGreaterThan(0);
  });

  it('have no context that another one always outdoes', () => {
    const speaking = new Set<number>();
    for (const name of [20, 21, 22]) {
      const { reply, ...ground } = changed(name);
      const situation = new ReplySituation(ground, CLASSES);
      for (const token of [...reply, NO_TOKEN]) {
        const key = model.surest(situation.ahead().situation());
        if (key !== undefined) speaking.add(key);
        situation.accept(token);
      }
    }
    expect(new Set(entries.keys())).toEqual(speaking);
  });

  it('are judged by replies that they were not learned from', () => {
    const kind = model.guess(beginningOf(changed(20)))?.kind ?? NaN;
    expect(guessChances(entries, CLASSES, [changed(40), changed(41)])[kind]).toBeGreaterThan(0.5);
    const other: ReplySample = { prompt: [7, 8, 9], text: [NO_TOKEN], reply: [50, 51, 52] };
    expect(guessChances(entries, CLASSES, [other])[kind]).toBeLessThan(0.5);
  });
});
