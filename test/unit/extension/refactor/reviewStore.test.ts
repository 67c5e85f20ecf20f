import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReviewStore } from '../../../../src/extension/refactor/reviewStore.ts';
import type { StoredReview } from '../../../../src/extension/refactor/storedReview.ts';

function stored(id: string, createdAt: number, thought = ''): StoredReview {
  return {
    version: 1,
    id,
    createdAt,
    uri: 'file:///shop/a.js',
    path: 'a.js',
    languageId: 'javascript',
    title: 'Simplify',
    instruction: 'Simplify.',
    status: 'reviewing',
    original: 'var a;',
    proposed: 'let a;',
    decisions: [],
    thought,
    answer: '',
    hasTrace: false,
    start: 0,
    documentHash: '',
  };
}

describe('The reviews on the disk', () => {
  let folder: string;
  let reports: string[];
  let store: ReviewStore;

  beforeEach(async () => {
    folder = path.join(await mkdtemp(path.join(os.tmpdir(), 'glassbox-reviews-')), 'refactorings');
    reports = [];
    store = new ReviewStore(folder, (message) => reports.push(message));
  });
  afterEach(() => rm(path.dirname(folder), { recursive: true }));

  it('are none before the first one', async () => {
    expect(await store.list()).toEqual([]);
    await store.remove('never-there');
  });

  it('are listed oldest first, until they are removed', async () => {
    await store.save(stored('b', 2));
    await store.save(stored('a', 1));
    expect((await store.list()).map(({ id }) => id)).toEqual(['a', 'b']);
    await store.remove('a');
    expect((await store.list()).map(({ id }) => id)).toEqual(['b']);
  });

  it('are what was saved last, and gone when they were removed last, however fast that comes', async () => {
    await Promise.all([
      store.save(stored('a', 1, 'first')),
      store.save(stored('a', 1, 'second')),
      store.save(stored('a', 1, 'third')),
    ]);
    expect((await store.list()).map(({ thought }) => thought)).toEqual(['third']);
    await Promise.all([store.save(stored('a', 1)), store.remove('a')]);
    expect(await store.list()).toEqual([]);
  });

  it('are set aside and reported where they cannot be read, never deleted', async () => {
    await store.save(stored('good', 1));
    await writeFile(path.join(folder, 'bad.json'), '{"version":1,"decisions":');
    await writeFile(path.join(folder, 'other.json'), JSON.stringify(stored('good', 1)));
    await writeFile(path.join(folder, 'notes.txt'), 'not ours');
    expect((await store.list()).map(({ id }) => id)).toEqual(['good']);
    expect(reports).toHaveLength(2);
    const names = await readdir(folder);
    const aside = names.find((name) => name.startsWith('bad.json.unreadable-'));
    expect(aside && (await readFile(path.join(folder, aside), 'utf8'))).toBe('{"version":1,"decisions":');
    expect(names).toContain('notes.txt');
    // Once is enough.
    expect((await store.list()).map(({ id }) => id)).toEqual(['good']);
    expect(reports).toHaveLength(2);
  });

  it('say which folder refused them', async () => {
    await writeFile(folder, 'a file where the folder should be');
    await expect(store.save(stored('a', 1))).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining(folder),
    });
  });
});
