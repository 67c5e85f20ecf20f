import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processMemory } from '../../src/engine/processMemory.ts';
import type { BackendModel } from '../../src/engine/backends/backend.ts';
import { createOnnxBackend } from '../../src/engine/backends/onnx/onnxBackend.ts';
import { Conversations } from '../../src/engine/conversations.ts';
import { KvCache } from '../../src/engine/kvCache.ts';
import { prefill } from '../../src/engine/prefill.ts';
import { ConversationRecords } from '../../src/engine/records/conversationRecords.ts';
import { openModel } from '../../src/models/openModel.ts';
import { writeTinyModel } from '../support/tinyModel.ts';

let folder: string;
let model: BackendModel;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-kv-'));
  const file = path.join(folder, 'tiny.gguf');
  await writeTinyModel(file);
  const opened = await openModel(file);
  model = await createOnnxBackend().load(opened.spec, opened.weights, { threads: 1 });
  await opened.close();
});
afterAll(async () => {
  await model.dispose();
  await rm(folder, { recursive: true, force: true });
});

const newCache = (capacity = 64): KvCache => new KvCache(model.createSequence(capacity));
const copyOf = (logits: Float32Array | undefined): number[] => [...(logits ?? [])];

describe('the KV cache', () => {
  it('keeps the common beginning of two prompts and gives the logits of the second one', async () => {
    const cache = newCache();
    await cache.append([1, 2, 3, 4]);
    await cache.append([5, 6, 7]);
    expect(cache.reuse([1, 2, 3, 4, 8, 9])).toBe(4);
    const reused = copyOf(await cache.append([8, 9]));
    expect(cache.tokens).toEqual([1, 2, 3, 4, 8, 9]);

    const fresh = newCache();
    await fresh.append([1, 2, 3, 4]);
    // Both compute the same pieces, so not even rounding may differ.
    expect(reused).toEqual(copyOf(await fresh.append([8, 9])));
  });

  it('leaves the last token to compute when the whole prompt is there', async () => {
    const cache = newCache();
    await cache.append([1, 2, 3]);
    expect(cache.reuse([1, 2, 3])).toBe(2);
    expect(cache.reuse([1])).toBe(0);
    expect(cache.length).toBe(0);
  });

  it('forgets everything when nothing is common', async () => {
    const cache = newCache();
    await cache.append([1, 2, 3]);
    expect(cache.reuse([9, 1, 2])).toBe(0);
    expect(cache.tokens).toEqual([]);
  });

  it('is as it was before when an append is cancelled or does not fit', async () => {
    const cache = newCache(8);
    await cache.append([1, 2, 3]);
    await expect(cache.append([4], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'request/cancelled',
    });
    await expect(cache.append([4, 5, 6, 7, 8, 9])).rejects.toMatchObject({ code: 'context/overflow' });
    expect(cache.tokens).toEqual([1, 2, 3]);
    await cache.append([4]);
    expect(cache.length).toBe(4);
  });

  it('keeps the chunks that were done when a prefill is cancelled', async () => {
    const cache = newCache();
    const cancel = new AbortController();
    const tokens = [1, 2, 3, 4, 5, 6, 7, 8];
    await expect(
      prefill(cache, tokens, {
        chunkTokens: 3,
        signal: cancel.signal,
        onProgress: (done) => done === 6 && cancel.abort(),
      }),
    ).rejects.toMatchObject({ code: 'request/cancelled' });
    expect(cache.tokens).toEqual([1, 2, 3, 4, 5, 6]);
    expect(cache.reuse(tokens)).toBe(6);
  });

  it('computes no token of a prompt alone, so that reuse gives the logits of one shot to the last bit', async () => {
    const cache = newCache();
    const tokens = [1, 2, 3, 4, 5, 6, 7];
    const steps: number[] = [];
    const signal = new AbortController().signal;
    const options = { chunkTokens: 3, signal, onProgress: (done: number) => steps.push(done) };
    const fresh = Float32Array.from((await prefill(cache, tokens, options)) ?? []);
    expect(steps).toEqual([3, 5, 7]);
    expect(cache.reuse(tokens)).toBe(6);
    const reused = await prefill(cache, tokens.slice(6), options);
    expect(cache.tokens).toEqual(tokens);
    expect(reused).toEqual(fresh);
  });
});

describe('the caches of conversations', () => {
  const records = new ConversationRecords({
    shape: undefined,
    unixNow: () => 1_800_000_000_000,
    now: () => 0,
    onChange: () => undefined,
  });
  const conversationsWith = (freeBytes: number): Conversations =>
    new Conversations({
      model,
      records,
      capacity: 16,
      kvBytes: 1000,
      processMemory,
      availableMemory: async () => freeBytes,
    });

  it('are kept, and the one used longest ago goes when there are too many', async () => {
    const conversations = conversationsWith(1e12);
    for (let i = 0; i < 8; i++) await conversations.open(`c${i}`);
    const kept = await conversations.open('c0');
    await conversations.open('c8');
    expect(conversations.get('c1')).toBeUndefined();
    expect(conversations.get('c0')).toBe(kept);
    expect(conversations.list()).toHaveLength(8);
    conversations.releaseAll();
    expect(conversations.list()).toEqual([]);
  });

  it('make room when memory is short, but there is always one', async () => {
    const conversations = conversationsWith(1500);
    await conversations.open('first');
    await conversations.open('second');
    expect(conversations.list().map(({ conversationId }) => conversationId)).toEqual(['second']);
    conversations.releaseAll();
  });
});
