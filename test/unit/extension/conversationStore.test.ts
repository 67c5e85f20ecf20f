import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConversationStore } from '../../../src/extension/chat/conversationStore.ts';
import { withNode } from '../../../src/extension/chat/conversationTree.ts';
import { answer, conversationOf, question } from './conversations.ts';

describe('Conversations on disk', () => {
  let folder: string;
  let reports: string[];
  let store: ConversationStore;
  const conversation = conversationOf(question('q1', null, 'Why?'), answer('a1', 'q1', 'Because.'));

  beforeEach(async () => {
    folder = path.join(await mkdtemp(path.join(os.tmpdir(), 'glassbox-store-')), 'conversations');
    reports = [];
    store = new ConversationStore(folder, (message) => reports.push(message));
  });
  afterEach(async () => {
    await rm(path.dirname(folder), { recursive: true });
  });

  it('come back as they were saved, in a new window', async () => {
    await store.save(conversation);
    const other = new ConversationStore(folder, () => undefined);
    expect(await other.read('conversation')).toEqual(conversation);
    expect(await other.list()).toEqual([{ id: 'conversation', title: 'Why?', updatedAt: 1 }]);
  });

  it('keep all that an answer cost, the guesses among it', async () => {
    const timings = {
      promptTokens: 20,
      reusedTokens: 12,
      prefillMs: 30,
      decodedTokens: 9,
      decodeMs: 90,
      timeToFirstTokenMs: 41,
      backendMs: 80,
      speculation: {
        ...{ drafted: 8, accepted: 6, byPosition: [{ drafted: 8, accepted: 6 }] },
        bySource: [
          { source: 'draft' as const, drafted: 8, accepted: 6, byPosition: [{ drafted: 8, accepted: 6 }] },
        ],
      },
    };
    await store.save(conversationOf(question('q1', null), { ...answer('a1', 'q1'), timings }));
    const saved = await store.read('conversation');
    expect(saved?.nodes.at(-1)).toMatchObject({ timings });
  });

  it('are listed newest first, without those that hold nothing yet', async () => {
    await store.save({ ...conversation, id: 'older', updatedAt: 5 });
    await store.save({ ...conversation, id: 'newer', updatedAt: 6 });
    await store.save({ ...conversation, id: 'empty', nodes: [], currentId: null, draft: 'unsent' });
    expect((await store.list()).map(({ id }) => id)).toEqual(['newer', 'older']);
    expect((await store.read('empty'))?.draft).toBe('unsent');
  });

  it('are listed with their new title after another window has changed them', async () => {
    await store.save(conversation);
    await store.list();
    await new ConversationStore(folder, () => undefined).save({
      ...conversation,
      title: 'Another, longer title',
    });
    expect((await store.list())[0]?.title).toBe('Another, longer title');
  });

  it('keep what another window has added since they were read', async () => {
    await store.save(conversation);
    const other = new ConversationStore(folder, () => undefined);
    await other.save(withNode(conversation, { ...question('q2', 'a1'), createdAt: 2 }));
    await store.save(withNode(conversation, { ...question('q3', 'a1'), createdAt: 3 }));
    const saved = await store.read('conversation');
    expect(saved?.nodes.map(({ id }) => id).sort()).toEqual(['a1', 'q1', 'q2', 'q3']);
    expect(saved?.currentId).toBe('q3');
  });

  it('are saved one after the other, so that the last one stays', async () => {
    const versions = Array.from({ length: 20 }, (_, index) => ({ ...conversation, draft: `draft ${index}` }));
    await Promise.all(versions.map((version) => store.save(version)));
    expect((await store.read('conversation'))?.draft).toBe('draft 19');
    expect(await readdir(folder)).toEqual(['conversation.json']);
  });

  it.each([
    ['is cut off', '{"version":1,"id":"conversation","no'],
    ['is empty', ''],
    ['holds other JSON', '{"version":2}'],
    ['names another conversation', JSON.stringify({ ...conversation, id: 'another' })],
  ])('are set aside and reported, not deleted, when a file %s', async (_, text) => {
    await store.save(conversation);
    await writeFile(path.join(folder, 'conversation.json'), text);
    expect(await store.read('conversation')).toBeUndefined();
    const names = await readdir(folder);
    expect(names).toEqual([expect.stringMatching(/^conversation\.json\.unreadable-\d+$/u)]);
    expect(await readFile(path.join(folder, names[0] ?? ''), 'utf8')).toBe(text);
    expect(reports).toEqual([expect.stringContaining(names[0] ?? '')]);
  });

  it('are not saved over a file that cannot be read: that one is set aside', async () => {
    await store.save(conversation);
    await writeFile(path.join(folder, 'conversation.json'), 'no JSON');
    await store.save(conversation);
    expect((await readdir(folder)).sort()).toEqual([
      'conversation.json',
      expect.stringMatching(/^conversation\.json\.unreadable-\d+$/u),
    ]);
    expect(await store.read('conversation')).toEqual(conversation);
    expect(reports).toHaveLength(1);
  });

  it('do not keep a listing from showing the others when one is corrupt', async () => {
    await store.save(conversation);
    await writeFile(path.join(folder, 'broken.json'), 'no JSON');
    expect((await store.list()).map(({ id }) => id)).toEqual(['conversation']);
    expect(reports).toHaveLength(1);
  });

  it('leave the list when they are deleted and come back when that is undone', async () => {
    await store.save(conversation);
    await store.delete('conversation');
    expect(await store.list()).toEqual([]);
    await store.restore('conversation');
    expect(await store.read('conversation')).toEqual(conversation);
  });

  it('are never looked for outside their folder', async () => {
    await writeFile(
      path.join(path.dirname(folder), 'secret.json'),
      JSON.stringify({ ...conversation, id: '../secret' }),
    );
    expect(await store.read('../secret')).toBeUndefined();
    expect(reports).toEqual([]);
  });

  it('say where saving failed and why', async () => {
    await writeFile(folder, 'a file where the folder should be');
    await expect(store.save(conversation)).rejects.toThrow(`The chat could not be saved in ${folder}`);
  });
});
