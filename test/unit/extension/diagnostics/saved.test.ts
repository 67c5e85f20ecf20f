import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { savedAnswers } from '../../../../src/extension/diagnostics/savedAnswers.ts';
import { SavedExperts } from '../../../../src/extension/diagnostics/savedExperts.ts';
import { TraceStore } from '../../../../src/extension/trace/traceStore.ts';
import { PHASES } from '../../../../src/protocol/records.ts';
import { unpackUint32 } from '../../../../src/protocol/unpackRouting.ts';
import type { Trace } from '../../../../src/reasoning/trace/trace.ts';
import { writeTrace } from '../../../../src/reasoning/trace/writeTrace.ts';
import { recordedTrace } from '../../../support/recordedTrace.ts';
import { answer, conversationOf, question } from '../conversations.ts';

describe('Answers as they were saved', () => {
  const timings = {
    promptTokens: 60,
    reusedTokens: 40,
    prefillMs: 100,
    decodedTokens: 6,
    decodeMs: 150,
    timeToFirstTokenMs: 115,
    backendMs: 120,
  };

  it('say what they cost, oldest first, without those that came to no end', () => {
    const { nodes } = conversationOf(
      question('q1', null),
      { ...answer('a2', 'q1'), createdAt: 9, timings, finish: 'stop' },
      { ...answer('a1', 'q1'), createdAt: 5, timings: { ...timings, reusedTokens: 60 } },
      answer('broken', 'q1'),
    );
    const saved = savedAnswers(nodes);
    expect(saved.map(({ requestId, startedAtMs }) => [requestId, startedAtMs])).toEqual([
      ['a1', 5],
      ['a2', 9],
    ]);
    expect(saved[1]).toMatchObject({ ...timings, finishReason: 'stop', steps: [] });
    // 20 tokens took 100 ms, so 40 would have taken 200.
    expect(saved[1]?.estimatedSavedMs).toBe(200);
    expect(saved[0]?.estimatedSavedMs).toBeNull();
    expect(saved[1]).not.toHaveProperty('recordingMs');
  });
});

describe('Experts as traces hold them', () => {
  let folder: string;
  let traces: TraceStore;
  let log: string[];
  const one = recordedTrace({ id: 'one' });
  const two = recordedTrace({ id: 'two', answer: 'It prints 4.' });

  const keep = (id: string, trace: Trace): Promise<void> =>
    traces.save('c1', id, { title: id, bytes: writeTrace(trace) });
  const choicesOf = ({ routing }: Trace): number => routing?.chosen.length ?? 0;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-saved-'));
    traces = new TraceStore(folder, { maxBytes: 2 ** 24 });
    await keep('one', one);
    await keep('two', two);
    const { routing: _, ...dense } = two;
    await keep('dense', dense);
    if (!one.routing) throw new Error('the trace has no routing');
    await keep('other', { ...one, routing: { ...one.routing, experts: one.routing.experts + 1 } });
    await traces.save('c1', 'broken', { title: 'broken', bytes: Uint8Array.of(1, 2, 3) });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are counted by phase, of all answers together', async () => {
    log = [];
    const saved = new SavedExperts({ traces, log: (message) => log.push(message) });
    const both = await saved.of('c1', ['one', 'dense', 'gone', 'two']);
    expect(both?.answers).toBe(2);
    const experts = both?.experts;
    if (!experts) throw new Error('nothing was counted');
    const counts = unpackUint32(experts.counts);
    const size = counts.length / PHASES.length;
    // A trace has nothing of the prompt.
    expect(counts.subarray(0, size).every((count) => count === 0)).toBe(true);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(choicesOf(one) + choicesOf(two));
    const tokens = one.tokens.count + two.tokens.count;
    expect(experts.tokens.prompt + experts.tokens.thought + experts.tokens.answer).toBe(tokens);
    expect(experts.load.all.every((load) => load !== null)).toBe(true);
    expect(experts.load.prompt.every((load) => load === null)).toBe(true);
    expect(log).toEqual([]);
  });

  it('of models of another shape are not mixed: the last answer’s counts', async () => {
    const saved = new SavedExperts({ traces, log: () => undefined });
    const { experts, answers } = (await saved.of('c1', ['one', 'two', 'other'])) ?? {};
    expect(answers).toBe(1);
    expect(experts?.experts).toBe((one.routing?.experts ?? 0) + 1);
  });

  it('are none where there is no trace or none can be read, which is told to the log', async () => {
    log = [];
    const saved = new SavedExperts({ traces, log: (message) => log.push(message) });
    expect(await saved.of('c1', ['dense', 'gone', 'broken'])).toBeNull();
    expect(log).toHaveLength(1);
    expect(log[0]).toContain('no Glassbox trace');
  });
});
