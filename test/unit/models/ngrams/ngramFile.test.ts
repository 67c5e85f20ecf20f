import fc from 'fast-check';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decodeNgrams,
  encodeNgrams,
  ngramPath,
  readNgrams,
} from '../../../../src/models/ngrams/ngramFile.ts';
import { GUESS_KINDS } from '../../../../src/models/ngrams/ngramModel.ts';
import { NO_TOKEN } from '../../../../src/models/ngrams/noToken.ts';
import { FIRST_POINTER, POINTERS, symbolOf, tokenOf } from '../../../../src/models/ngrams/pointer.ts';
import type { Situation } from '../../../../src/models/ngrams/situation.ts';
import { keysOf, situationOf } from './situationOf.ts';

const VOCABULARY = 100;
const classes = Uint8Array.from({ length: VOCABULARY }, (_, token) => token % 64);
const chances = Array.from({ length: GUESS_KINDS }, (_, kind) => kind / GUESS_KINDS);
/** Behind this token, where each pointer points to a token of its own. */
const behind = (last: number): Situation => ({
  ...situationOf({ last }),
  ...Object.fromEntries(POINTERS.map((pointer, index) => [pointer, 50 + index])),
});
/** Of a context that the last token belongs to. */
const keyOf = (last: number): number => keysOf(behind(last), classes)[4] ?? 0;
const bytes = encodeNgrams(new Map([[keyOf(1), { symbol: 42, chance: 200 }]]), classes, chances);

/** The file with another number at an offset. */
function changed(at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
}

describe('a file of n-grams', () => {
  it('says what was put into it', () => {
    const symbol = fc.oneof(fc.nat({ max: VOCABULARY - 1 }), fc.constantFrom(...POINTERS.map(symbolOf)));
    const entry = fc.record({ last: fc.nat(99), symbol, chance: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(fc.uniqueArray(entry, { maxLength: 60, selector: ({ last }) => last }), (given) => {
        const entries = new Map(given.map(({ last, ...said }) => [keyOf(last), said]));
        const model = decodeNgrams(encodeNgrams(entries, classes, chances), 'x.ngrams', VOCABULARY);
        for (const { last, symbol: said } of given) {
          const token = tokenOf(said, behind(last));
          expect(model.guess(behind(last))?.token).toBe(token === NO_TOKEN ? undefined : token);
        }
        for (const [kind, chance] of model.chances.entries())
          expect(chance).toBeCloseTo(chances[kind] ?? NaN, 2);
        expect(model.classes).toEqual(classes);
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  it.each([
    ['is of another kind', changed(0, 0x46554747), 'the beginning is not that of a table of n-grams'],
    ['is empty', new Uint8Array(), 'the beginning is not that of a table of n-grams'],
    ['is of another version', changed(4, 1), 'version is 1, not 3'],
    ['is for another vocabulary', changed(8, 99), "vocabulary has 99 tokens, and the model's has 100"],
    ['says that it has more entries', changed(12, 2), 'length is'],
    ['says that it has billions of entries', changed(12, 0xffff_ffff), 'length is'],
    ['is cut short', bytes.slice(0, -1), 'length is'],
    [
      'names a token that the model does not have',
      changed(16 + GUESS_KINDS + 4, 100),
      'entry 0 is of token 100',
    ],
    [
      'points to what nobody knows',
      changed(16 + GUESS_KINDS + 4, FIRST_POINTER + POINTERS.length),
      'entry 0 is of token 16776972',
    ],
  ])('is refused where it %s', (_, damaged, message) => {
    expect(() => decodeNgrams(damaged, 'dir/x.ngrams', VOCABULARY)).toThrow(
      expect.objectContaining({
        code: 'model/corrupt',
        message: expect.stringContaining(`x.ngrams is damaged: ${message}`) as string,
      }),
    );
  });
});

describe('the n-grams beside a model', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'glassbox-ngrams-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are found by its name', async () => {
    const model = path.join(folder, 'a.gguf');
    expect(ngramPath(model)).toBe(path.join(folder, 'a.ngrams'));
    await writeFile(ngramPath(model), bytes);
    const ngrams = await readNgrams(model, VOCABULARY);
    expect(ngrams?.guess(behind(1))?.token).toBe(42);
  });

  it('are none where there is no such file', async () => {
    expect(await readNgrams(path.join(folder, 'b.gguf'), VOCABULARY)).toBeUndefined();
  });

  it('are an error where it cannot be read', async () => {
    await mkdir(path.join(folder, 'c.ngrams'));
    await expect(readNgrams(path.join(folder, 'c.gguf'), VOCABULARY)).rejects.toMatchObject({
      code: 'model/unreadable',
    });
  });
});
