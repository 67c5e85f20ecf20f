import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TraceStore } from '../../../../src/extension/trace/traceStore.ts';

let folder: string;
let store: TraceStore;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-traces-'));
  store = new TraceStore(folder, { maxBytes: 100 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const trace = (bytes: number, title = 'Why is it wrong?') => ({
  title,
  bytes: new Uint8Array(bytes).fill(7),
});

describe('Saved traces', () => {
  it('are read as they were written, under the name of their question', async () => {
    await store.save('c1', 'a1', trace(10));
    expect(await store.read('c1', 'a1')).toEqual(Buffer.alloc(10, 7));
    expect(path.basename((await store.fileOf('c1', 'a1')) ?? '')).toBe('Trace Why is it wrong.gbtrace');
    expect(await store.read('c1', 'a2')).toBeUndefined();
  });

  it('have a name that every file system takes, whatever was asked', async () => {
    await store.save('c1', 'a1', trace(1, '../../con: <script>\n"*?"'));
    await store.save('c1', 'a2', trace(1, '???'));
    await store.save('c1', 'a3', trace(1, '𝒳'.repeat(300)));
    expect(path.basename((await store.fileOf('c1', 'a1')) ?? '')).toBe('Trace con script.gbtrace');
    expect(path.basename((await store.fileOf('c1', 'a2')) ?? '')).toBe('Trace.gbtrace');
    expect(path.basename((await store.fileOf('c1', 'a3')) ?? '')).toBe(`Trace ${'𝒳'.repeat(40)}.gbtrace`);
  });

  it('stay within their room: the oldest make place', async () => {
    await store.save('c1', 'a1', trace(60));
    await utimes((await store.fileOf('c1', 'a1')) ?? '', 1, 1);
    await store.save('c2', 'a2', trace(30));
    await store.save('c2', 'a3', trace(30));
    expect(await store.fileOf('c1', 'a1')).toBeUndefined();
    expect(await store.fileOf('c2', 'a2')).toBeDefined();
    expect(await store.fileOf('c2', 'a3')).toBeDefined();
    await expect(store.save('c2', 'a4', trace(101))).rejects.toThrow(
      /could not be saved in .*: it takes 101 bytes/,
    );
  });

  it('go with their conversation, come back with it, and go for good after a while', async () => {
    await store.save('c1', 'a1', trace(10));
    await store.delete('c1');
    expect(await store.fileOf('c1', 'a1')).toBeUndefined();
    await store.restore('c1');
    expect(await store.fileOf('c1', 'a1')).toBeDefined();
    await store.delete('c1');
    await store.purgeDeleted(Date.now() - 60_000);
    expect(await readdir(path.join(folder, 'deleted'))).toEqual(['c1']);
    await store.purgeDeleted(Date.now() + 60_000);
    expect(await readdir(path.join(folder, 'deleted'))).toEqual([]);
  });

  it('are never outside their folder', async () => {
    expect(await store.read('..', 'a1')).toBeUndefined();
    expect(await store.fileOf('c1', '../../etc')).toBeUndefined();
    await expect(store.save('../c1', 'a1', trace(1))).rejects.toThrow(/no file name/);
    await store.delete('../x');
    expect(await readdir(folder)).toEqual([]);
  });
});
