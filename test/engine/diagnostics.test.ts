import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedModelPath } from '../../src/engineClient/embeddedModelPath.ts';
import type { EngineClient } from '../../src/engineClient/engineClient.ts';
import type { LoadedModel } from '../../src/protocol/engine.ts';
import type { ChatMessage, GenerateResult } from '../../src/protocol/generation.ts';
import { machineMs } from '../../src/protocol/machineMs.ts';
import type { BatchReceived } from '../../src/protocol/transport.ts';
import { unpackFloat32, unpackRouting, unpackUint32 } from '../../src/protocol/unpackRouting.ts';
import { collect, question, startEngine } from '../support/engineProcess.ts';

/* What the diagnostics view asks of the engine, of the embedded model. */

const nano = embeddedModelPath(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..'));
const conversationId = 'diagnosed';
const FIRST: ChatMessage[] = [{ role: 'user', content: 'Which line is wrong in `const a = b;`?' }];
const EDITED: ChatMessage[] = [{ role: 'user', content: 'Which line is wrong in `const c = d;`?' }];

let engine: EngineClient;
let model: LoadedModel;
let first: GenerateResult;
let edited: GenerateResult;

beforeAll(async () => {
  engine = await startEngine();
  model = await engine.load({ path: nano });
  const changes = { conversationId, maxTokens: 60 };
  first = (await collect(engine, question('', { ...changes, messages: FIRST }))).result;
  await engine.kv({ conversationId, settled: true });
  edited = (await collect(engine, question('', { ...changes, messages: EDITED }))).result;
  await engine.kv({ conversationId, settled: true });
});
afterAll(() => engine.dispose());

describe('the answers of a conversation', () => {
  it('have the figures of their results', async () => {
    const recorded = await engine.answers({ conversationId });
    expect(recorded?.answers.map(({ requestId }) => requestId)).toEqual([first.requestId, edited.requestId]);
    for (const [index, { timings, finishReason }] of [first, edited].entries()) {
      const answer = recorded?.answers[index];
      const { promptTokens, reusedTokens, decodedTokens } = timings;
      expect(answer).toMatchObject({ promptTokens, reusedTokens, decodedTokens, finishReason });
      expect((answer?.backendMs ?? 0) + (answer?.samplingMs ?? 0)).toBeLessThanOrEqual(answer?.decodeMs ?? 0);
      const steps = answer?.steps ?? [];
      const tokensOf = (kind: string) =>
        steps.filter((step) => step.kind === kind).reduce((sum, { tokens }) => sum + tokens, 0);
      expect(tokensOf('prefill')).toBe(promptTokens - reusedTokens);
      expect(tokensOf('decode')).toBe(decodedTokens);
    }
  });

  it('say where a prompt parted from the cache', async () => {
    const recorded = await engine.answers({ conversationId, firstAnswer: 1 });
    const [answer] = recorded?.answers ?? [];
    expect(answer?.mismatch).toMatchObject({ position: edited.timings.reusedTokens, reason: 'edit' });
    expect(answer?.mismatch?.before).toContain('Which line is wrong');
    expect(answer?.mismatch?.cached.text).not.toBe(answer?.mismatch?.prompt?.text);
    expect((await engine.answers({ conversationId }))?.answers[0]).not.toHaveProperty('mismatch');
  });
});

describe('the text of a cache', () => {
  it('is what was read, and evicted text stays readable with what it was', async () => {
    const kv = await engine.kv({ conversationId, settled: true });
    const cached = await engine.text({ conversationId, firstPosition: 0, endPosition: 1e6 });
    expect(cached?.tokens.length).toBe(kv?.usedTokens);
    expect(cached?.texts.join('')).toContain('const c = d');
    const reasons = kv?.evictions.map(({ reason }) => reason) ?? [];
    expect(reasons).toContain('thought');
    const edit = kv?.evictions.find(({ reason }) => reason === 'edit');
    expect(edit?.readableTokens).toBe(edit?.tokens);
    const gone = await engine.text({
      conversationId,
      eviction: edit?.id ?? -1,
      firstPosition: 0,
      endPosition: 1e6,
    });
    expect(gone?.firstPosition).toBe(edit?.firstPosition);
    expect(gone?.tokens.length).toBe(edit?.tokens);
    expect(gone?.phases).toContain('answer');
    expect(await engine.text({ conversationId, eviction: 99, firstPosition: 0, endPosition: 9 })).toBeNull();
  });
});

describe('the experts', () => {
  it('of two questions count together what the record holds', async () => {
    const routing = await engine.routing({ conversationId });
    const all = routing ? unpackRouting(routing) : undefined;
    const parts = await Promise.all(
      [first, edited].map(({ requestId }) => engine.experts({ conversationId, requestId })),
    );
    const tokens = parts.flatMap((part) => Object.values(part?.tokens ?? {})).reduce((a, b) => a + b, 0);
    expect(tokens).toBe(all?.entries);
    expect(model.experts?.selectionBias).toBe(true);
    const biased = await engine.experts({ conversationId, gateBias: true });
    const bias = unpackFloat32(biased?.gateBias ?? '');
    expect(bias.length).toBe((biased?.layers.length ?? 0) * (biased?.experts ?? 0));
    expect(bias.every(Number.isFinite)).toBe(true);
  });

  it('tell which tokens they read', async () => {
    const experts = await engine.experts({ conversationId });
    const [layer = -1] = experts?.layers ?? [];
    const counts = unpackUint32(experts?.counts ?? '');
    const answerRow = 2 * (experts?.layers.length ?? 0) * (experts?.experts ?? 0);
    for (let expert = 0; expert < (experts?.experts ?? 0); expert++) {
      const read = await engine.expertTokens({ conversationId, layer, expert, phase: 'answer' });
      expect(read?.total).toBe(counts[answerRow + expert]);
      expect(read?.tokens.every(({ phase }) => phase === 'answer')).toBe(true);
    }
    await expect(engine.expertTokens({ conversationId, layer, expert: 9999 })).rejects.toMatchObject({
      code: 'request/invalid',
    });
  });
});

describe('the events of an answer', () => {
  it('say when they left, on a clock that both processes read', async () => {
    const batches: BatchReceived[] = [];
    let texts = 0;
    const before = machineMs();
    const asked = question('Describe `a + b`.', { maxTokens: 30 });
    const { timings } = await engine.generate(asked, {
      onBatch: (batch) => batches.push(batch),
      onEvent: ({ type }) => (texts += type === 'text' ? 1 : 0),
    });
    const after = machineMs();
    expect(timings.decodedTokens).toBeGreaterThan(1);
    for (const { atMs, receivedAtMs, waitedMs } of batches) {
      expect(atMs).toBeGreaterThan(before);
      // A message does not come before it was sent.
      expect(receivedAtMs).toBeGreaterThan(atMs);
      expect(receivedAtMs).toBeLessThan(after);
      expect(waitedMs).toBeGreaterThanOrEqual(0);
    }
    // Texts of one batch are joined to one event.
    expect(batches.reduce((sum, batch) => sum + batch.texts, 0)).toBeGreaterThanOrEqual(texts);
    expect(texts).toBeGreaterThan(0);
    expect(batches.at(-1)?.sendingMs).toBeGreaterThan(0);
    await engine.release(asked.conversationId);
  });
});

describe('the memory budget', () => {
  it('measures the process and counts what the cache takes', async () => {
    const budget = await engine.memory({ conversationId });
    const kv = await engine.kv({ conversationId });
    expect(budget).toMatchObject({
      weightBytes: model.memory.weightBytes,
      usedTokens: kv?.usedTokens,
      kvUsedBytes: kv?.usedBytes,
      capacityTokens: model.contextCapacity,
      otherKvBytes: 0,
    });
    expect(budget?.residentBytes).toBeGreaterThan(model.memory.weightBytes / 4);
    expect(budget?.freeBytes).toBeGreaterThan(0);
    // Loading took the weights at least as they are in the file, and a prompt took something.
    expect(budget?.measuredLoadBytes).toBeGreaterThan(model.fileBytes / 2);
    expect(budget?.measuredLoadBytes).toBeLessThan(budget?.residentBytes ?? 0);
    const { bytes = 0, tokens = 0, contextTokens = 0 } = budget?.measuredActivations ?? {};
    expect(tokens).toBeGreaterThan(1);
    expect(tokens).toBeLessThanOrEqual(128);
    expect(contextTokens).toBeGreaterThanOrEqual(tokens);
    // At least the stream of the piece, in and out, in single precision.
    expect(bytes).toBeGreaterThan(2 * 4 * tokens * model.embeddingLength);
    expect(bytes).toBeLessThan(budget?.residentBytes ?? 0);
  });
});
