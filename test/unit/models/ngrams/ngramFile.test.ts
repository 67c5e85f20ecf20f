import fc from 'fast-check';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contextKeys, type Ending, type Situation } from '../../../../src/models/ngrams/contexts.ts';
import {
  decodeNgrams,
  encodeNgrams,
  ngramPath,
  readNgrams,
} from '../../../../src/models/ngrams/ngramFile.ts';
import { COPY, GUESS_KINDS, type NgramEntry } from '../../../../src/models/ngrams/ngramModel.ts';

const VOCABULARY = 100;
const chances = Array.from({ length: GUESS_KINDS }, (_, kind) => kind / GUESS_KINDS);
const behind = (ending: Ending): Situation => ({ asked: 0, ending, copied: undefined });
const [key = 0] = contextKeys(behind([1, 2, 3]));
const bytes = encodeNgrams(new Map([[key, { token: 42, chance: 0.8 }]]), chances, VOCABULARY);

/** The file with another number at an offset. */
function changed(at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
}

describe('a file of n-grams', () => {
  it('says what was put into it', () => {
    const token = fc.oneof(fc.nat({ max: VOCABULARY - 1 }), fc.constant(COPY));
    const entry = fc.record({
      ending: fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)),
      token,
      chance: fc.nat(255),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), (given) => {
        const entries = new Map<number, NgramEntry>();
        for (const { ending: of, token: said, chance } of given)
          entries.set(contextKeys(behind(of))[0] ?? 0, { token: said, chance: chance / 255 });
        const model = decodeNgrams(encodeNgrams(entries, chances, VOCABULARY), 'x.ngrams', VOCABULARY);
        for (const { ending: of } of given) {
          const said = entries.get(contextKeys(behind(of))[0] ?? 0)?.token;
          expect(model.guess(behind(of))?.token).toBe(said === COPY ? undefined : said);
        }
        for (const [kind, chance] of model.chances.entries())
          expect(chance).toBeCloseTo(chances[kind] ?? NaN, 2);
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  it.each([
    ['is of another kind', changed(0, 0x46554747), 'the beginning is not that of a table of n-grams'],
    ['is empty', new Uint8Array(), 'the beginning is not that of a table of n-grams'],
    ['is of another version', changed(4, 2), 'version is 2, not 1'],
    ['is for another vocabulary', changed(8, 99), "vocabulary has 99 tokens, and the model's has 100"],
    ['says that it has more entries', changed(12, 2), 'length is'],
    ['says that it has billions of entries', changed(12, 0xffff_ffff), 'length is'],
    ['is cut short', bytes.slice(0, -1), 'length is'],
    [
      'names a token that the model does not have',
      changed(16 + GUESS_KINDS + 4, 100),
      'entry 0 is of token 100',
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
    expect(ngrams?.guess(behind([1, 2, 3]))?.token).toBe(42);
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
