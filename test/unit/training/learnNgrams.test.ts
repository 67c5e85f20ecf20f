import { describe, expect, it } from 'vitest';
import { NO_TOKEN } from '../../../src/engine/speculation/textLookup.ts';
import {
  askedBy,
  type Copied,
  contextKeys,
  type Ending,
  type Situation,
} from '../../../src/models/ngrams/contexts.ts';
import { COPY, NgramModel } from '../../../src/models/ngrams/ngramModel.ts';
import { guessChances, learnNgrams, type ReplySample } from '../../../training/ngrams/learnNgrams.ts';

/** `var` becomes `let`, behind any word that the reply begins with. */
const [VAR, LET, EQUALS, END] = [1, 2, 3, 4];
const changed = (name: number): ReplySample => ({
  prompt: [7, 8, 9],
  text: [VAR, name, EQUALS, name, END, VAR, name, EQUALS, END],
  reply: [LET, name, EQUALS, name, END, LET, name, EQUALS, END],
});

const at = (ending: Ending, copied?: Copied): Situation => ({ asked: askedBy([7, 8, 9]), ending, copied });

describe('n-grams that are learned from replies', () => {
  const entries = learnNgrams([changed(20), changed(21), changed(22)], 3);
  const model = new NgramModel(entries, []);

  it('say what replies say in place of what the text says', () => {
    // Of a name that no reply had.
    const said = model.guess(at([END, 30, EQUALS], { token: VAR, matched: 4 }));
    expect(said).toMatchObject({ token: LET, isCopied: false });
  });

  it('copy what replies copy, whatever it is', () => {
    expect(model.guess(at([EQUALS, 30, LET], { token: 30, matched: 2 }))).toMatchObject({
      token: 30,
      isCopied: true,
    });
  });

  it('say nothing of contexts that were seen too seldom', () => {
    const [lastThree = NaN] = contextKeys(at([EQUALS, 20, LET]));
    expect(entries.has(lastThree), 'twice in one reply').toBe(false);
    const [beginning = NaN] = contextKeys(at([9, 8, 7]));
    expect(entries.get(beginning)).toEqual({ token: LET, chance: 3.5 / 5 });
  });

  it('call what stood in the text a copy, and not what it did not have', () => {
    const [, last = NaN] = contextKeys(at([EQUALS, 5, 5], { token: 20, matched: 2 }));
    expect(entries.get(last)?.token).toBe(COPY);
  });

  it('are judged by replies that they were not learned from', () => {
    const right = guessChances(entries, [changed(40), changed(41)]);
    const kind = model.guess(at([END, 40, EQUALS], { token: VAR, matched: 4 }))?.kind ?? NaN;
    expect(right[kind]).toBeGreaterThan(0.5);
    const wrong = guessChances(entries, [{ prompt: [7, 8, 9], text: [NO_TOKEN], reply: [50, 51, 52] }]);
    const first = model.guess(at([9, 8, 7]))?.kind ?? NaN;
    expect(wrong[first]).toBeLessThan(0.5);
  });
});
