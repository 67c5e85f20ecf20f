import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DiagnosticsFeed } from '../../../../src/extension/diagnostics/diagnosticsFeed.ts';
import type { RecordsSource } from '../../../../src/extension/diagnostics/recordsSource.ts';
import type { DiagnosticsHostMessage } from '../../../../src/protocol/diagnostics.ts';
import { GlassboxError } from '../../../../src/protocol/errors.ts';
import type { ExpertsParams, RecordsChanged } from '../../../../src/protocol/records.ts';
import {
  answerRecord,
  diagnosticsState,
  expertsOfShape,
  kvSnapshot,
} from '../../../support/diagnosticsState.ts';

/** An engine that says what the test wants, and counts what it is asked. */
class ScriptedRecords implements RecordsSource {
  readonly asked: string[] = [];
  readonly expertsAsked: ExpertsParams[] = [];
  readonly firstAnswers: (number | undefined)[] = [];
  readonly watchers = new Map<string, (change: RecordsChanged) => void>();
  answerList = [answerRecord('a1')];
  failsNext: GlassboxError | undefined;

  async kv(): Promise<ReturnType<typeof kvSnapshot>> {
    this.asked.push('kv');
    if (this.failsNext) throw this.failsNext;
    return kvSnapshot();
  }

  async experts(params: ExpertsParams): Promise<ReturnType<typeof expertsOfShape>> {
    this.expertsAsked.push(params);
    const { hitRates: _, ...experts } = expertsOfShape(3, 8);
    return experts;
  }

  async answers({ firstAnswer = 0 }: { firstAnswer?: number | undefined }) {
    this.firstAnswers.push(firstAnswer);
    return { firstAnswer, answers: this.answerList.slice(firstAnswer) };
  }

  async memory() {
    this.asked.push('memory');
    return diagnosticsState().memory ?? null;
  }

  async expertTokens() {
    return { total: 0, tokens: [] };
  }

  async text() {
    return { firstPosition: 0, tokens: [1], texts: ['one'], phases: ['prompt' as const] };
  }

  async watchRecords(conversationId: string, listener: (change: RecordsChanged) => void) {
    this.watchers.set(conversationId, listener);
    return async () => void this.watchers.delete(conversationId);
  }

  change(conversationId = 'c1'): void {
    this.watchers.get(conversationId)?.({ conversationId, cachedTokens: 1, recordedTokens: 1 });
  }
}

let records: ScriptedRecords;
let posted: DiagnosticsHostMessage[];
let shown: { id: string; title: string; questions: Record<string, string> };
let feed: DiagnosticsFeed;
const kvReads = (): number => records.asked.filter((what) => what === 'kv').length;

beforeEach(() => {
  vi.useFakeTimers();
  records = new ScriptedRecords();
  posted = [];
  shown = { id: 'c1', title: 'One', questions: {} };
  feed = new DiagnosticsFeed({
    engine: () => Promise.resolve(records),
    model: () => diagnosticsState().model,
    conversation: () => shown,
    post: (message) => posted.push(message),
    now: Date.now,
  });
});
afterEach(() => {
  feed.dispose();
  vi.useRealTimers();
});

describe('a feed that nobody sees', () => {
  it('asks and watches nothing', async () => {
    feed.changed();
    await vi.advanceTimersByTimeAsync(5000);
    expect(records.asked).toEqual([]);
    expect(records.watchers.size).toBe(0);
  });

  it('stops when the page is hidden', async () => {
    feed.setVisible(true);
    await vi.advanceTimersByTimeAsync(500);
    feed.setVisible(false);
    await vi.advanceTimersByTimeAsync(0);
    const before = kvReads();
    expect(records.watchers.size).toBe(0);
    await vi.advanceTimersByTimeAsync(5000);
    expect(kvReads()).toBe(before);
  });
});

describe('a feed that is seen', () => {
  it('reads once and then only when something changed', async () => {
    await feed.receive({ type: 'ready' });
    feed.setVisible(true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(kvReads()).toBe(1);
    expect(posted.map(({ type }) => type)).toEqual(['state', 'update', 'update']);
    records.change();
    await vi.advanceTimersByTimeAsync(100);
    expect(kvReads()).toBe(2);
  });

  it('reads at most ten times a second, and memory once', async () => {
    feed.setVisible(true);
    await vi.advanceTimersByTimeAsync(1000);
    const [reads, memory] = [kvReads(), records.asked.filter((what) => what === 'memory').length];
    for (let step = 0; step < 400; step++) {
      records.change();
      await vi.advanceTimersByTimeAsync(5);
    }
    expect(kvReads() - reads).toBeLessThanOrEqual(21);
    expect(kvReads() - reads).toBeGreaterThan(15);
    expect(records.asked.filter((what) => what === 'memory').length - memory).toBeLessThanOrEqual(3);
  });

  it('asks for the curves when they are wanted, and for the biases until it has them', async () => {
    feed.setVisible(true);
    await feed.receive({
      type: 'want',
      wanted: { hitRates: true, coactivation: { layers: [1, 2], phase: 'answer' } },
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(records.expertsAsked.at(-1)).toEqual({
      conversationId: 'c1',
      hitRates: true,
      gateBias: true,
      coactivation: { layers: [1, 2], phase: 'answer' },
    });
  });

  it('asks again only for the answer that is being written', async () => {
    const { finishReason: _, ...writing } = answerRecord('a2');
    records.answerList = [answerRecord('a1'), writing];
    feed.setVisible(true);
    await vi.advanceTimersByTimeAsync(200);
    records.change();
    await vi.advanceTimersByTimeAsync(200);
    records.answerList = [answerRecord('a1'), answerRecord('a2'), answerRecord('a3')];
    records.change();
    await vi.advanceTimersByTimeAsync(200);
    records.change();
    await vi.advanceTimersByTimeAsync(200);
    expect(records.firstAnswers).toEqual([0, 1, 1, 3]);
    expect(feed.state.answers.map(({ requestId }) => requestId)).toEqual(['a1', 'a2', 'a3']);
  });

  it('follows another conversation from its beginning', async () => {
    feed.setVisible(true);
    await vi.advanceTimersByTimeAsync(200);
    shown = { id: 'c2', title: 'Two', questions: {} };
    feed.changed();
    await vi.advanceTimersByTimeAsync(200);
    expect([...records.watchers.keys()]).toEqual(['c2']);
    expect(posted.findLast(({ type }) => type === 'state')).toMatchObject({
      state: { conversation: { id: 'c2' }, answers: [] },
    });
    expect(records.firstAnswers.at(-1)).toBe(0);
  });

  it('stands still while it is frozen, and says where it stood when the page comes back', async () => {
    feed.setVisible(true);
    await vi.advanceTimersByTimeAsync(200);
    await feed.receive({ type: 'freeze', frozen: true });
    const before = kvReads();
    shown = { id: 'c2', title: 'Two', questions: {} };
    feed.changed();
    records.change();
    await vi.advanceTimersByTimeAsync(2000);
    expect(kvReads()).toBe(before);
    await feed.receive({ type: 'ready' });
    expect(posted.at(-1)).toMatchObject({
      type: 'state',
      frozen: true,
      state: { conversation: { id: 'c1' } },
    });
    expect((await feed.collect()).conversation.id).toBe('c1');
  });

  it('gives the page all that there is when it is frozen: what was on its way to it was left out', async () => {
    feed.setVisible(true);
    await vi.advanceTimersByTimeAsync(200);
    records.answerList = [answerRecord('a1'), answerRecord('a2')];
    records.change();
    await vi.advanceTimersByTimeAsync(200);
    await feed.receive({ type: 'freeze', frozen: true });
    const frozen = posted.at(-1);
    expect(frozen).toMatchObject({ type: 'state', frozen: true });
    expect(frozen?.type === 'state' && frozen.state.answers.map(({ requestId }) => requestId)).toEqual([
      'a1',
      'a2',
    ]);
    posted.length = 0;
    await feed.receive({ type: 'freeze', frozen: false });
    expect(posted[0]).toMatchObject({ type: 'state', frozen: false });
  });

  it('tells what went wrong, and goes on', async () => {
    feed.setVisible(true);
    records.failsNext = new GlassboxError('internal', 'The record is broken.');
    await vi.advanceTimersByTimeAsync(200);
    expect(posted.at(-1)).toEqual({ type: 'error', message: 'The record is broken.' });
    records.failsNext = undefined;
    records.change();
    await vi.advanceTimersByTimeAsync(200);
    expect(posted.at(-1)?.type).toBe('update');
  });
});
