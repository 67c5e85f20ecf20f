import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DiagnosedConversation } from '../../../../src/extension/diagnostics/diagnosedConversation.ts';
import { DiagnosticsFeed } from '../../../../src/extension/diagnostics/diagnosticsFeed.ts';
import type { SavedExperts } from '../../../../src/extension/diagnostics/savedExperts.ts';
import type { RecordsSource } from '../../../../src/extension/diagnostics/recordsSource.ts';
import { diagnosedAnswers } from '../../../../src/protocol/diagnosedAnswers.ts';
import type { DiagnosticsHostMessage } from '../../../../src/protocol/diagnostics.ts';
import { GlassboxError } from '../../../../src/protocol/errors.ts';
import type { ExpertsParams, RecordsChanged } from '../../../../src/protocol/records.ts';
import {
  answerRecord,
  diagnosticsState,
  earlierAnswer,
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

  hasConversation = true;

  async kv(): Promise<ReturnType<typeof kvSnapshot> | null> {
    this.asked.push('kv');
    if (this.failsNext) throw this.failsNext;
    return this.hasConversation ? kvSnapshot() : null;
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
let shown: DiagnosedConversation;
let isRunning: boolean;
/** What the traces of answers say. */
let savedOf: (answerIds: readonly string[]) => Awaited<ReturnType<SavedExperts['of']>>;
let feed: DiagnosticsFeed;
const kvReads = (): number => records.asked.filter((what) => what === 'kv').length;

beforeEach(() => {
  vi.useFakeTimers();
  records = new ScriptedRecords();
  posted = [];
  isRunning = true;
  savedOf = () => null;
  shown = { id: 'c1', title: 'One', questions: {}, transport: {}, answers: [] };
  feed = new DiagnosticsFeed({
    engine: () => (isRunning ? Promise.resolve(records) : undefined),
    model: () => (isRunning ? diagnosticsState().model : undefined),
    conversation: () => shown,
    savedExperts: { of: (_, answerIds) => Promise.resolve(savedOf(answerIds)) },
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
    shown = { id: 'c2', title: 'Two', questions: {}, transport: {}, answers: [] };
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
    shown = { id: 'c2', title: 'Two', questions: {}, transport: {}, answers: [] };
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

describe('a conversation of an earlier session', () => {
  const saved = [earlierAnswer('old1'), earlierAnswer('old2')];
  beforeEach(() => {
    shown = { ...shown, answers: saved };
    savedOf = (answerIds) =>
      answerIds.includes('old2') ? { experts: expertsOfShape(3, 8), answers: answerIds.length } : null;
  });

  it.each([
    ['without an engine', false],
    ['with an engine that has not read it', true],
  ])('shows what was saved with its answers, %s', async (_, running) => {
    isRunning = running;
    records.hasConversation = false;
    feed.setVisible(true);
    await vi.advanceTimersByTimeAsync(200);
    expect(feed.state).toMatchObject({
      status: 'earlier',
      earlier: saved,
      firstEarlier: 0,
      answers: [],
      expertsOfTraces: 2,
    });
    expect(feed.state.experts?.counts).toBe(expertsOfShape(3, 8).counts);
    expect(feed.state).not.toHaveProperty('kv');
  });

  it('has them before its new ones, each once, when it goes on', async () => {
    records.answerList = [answerRecord('old2'), answerRecord('a3')];
    feed.setVisible(true);
    await vi.advanceTimersByTimeAsync(200);
    expect(feed.state.status).toBe('ready');
    expect(feed.state.expertsOfTraces).toBe(0);
    const { answers, first } = diagnosedAnswers(feed.state);
    expect(answers.map(({ requestId }) => requestId)).toEqual(['old1', 'old2', 'a3']);
    expect(first).toBe(0);
    // A saved answer that changed nothing is not told again.
    records.change();
    await vi.advanceTimersByTimeAsync(200);
    expect(posted.at(-1)).toMatchObject({ type: 'update' });
    expect(posted.at(-1)).not.toHaveProperty('update.earlier');
  });

  it('compares an answer of then with one of now', async () => {
    records.answerList = [answerRecord('a3')];
    feed.setVisible(true);
    await vi.advanceTimersByTimeAsync(200);
    await feed.receive({ type: 'compare', requestIds: ['old2', 'a3'] });
    expect(records.expertsAsked.at(-1)).toEqual({ conversationId: 'c1', requestId: 'a3' });
    const compared = posted.at(-1);
    if (compared?.type !== 'compared') throw new Error('nothing was compared');
    expect(compared.experts[0]?.counts).toBe(expertsOfShape(3, 8).counts);
    await feed.receive({ type: 'compare', requestIds: ['old1', 'a3'] });
    expect(posted.at(-1)).toMatchObject({ experts: [null, { topK: 1 }] });
  });

  it('compares an answer that was asked again by its trace: the engine holds no routing of it any more', async () => {
    const experts = records.experts.bind(records);
    records.experts = async (params) => {
      const found = await experts(params);
      return params.requestId === 'a1' ? { ...found, tokens: { prompt: 0, thought: 0, answer: 0 } } : found;
    };
    const ofTrace = expertsOfShape(3, 8, { seed: 5 });
    savedOf = () => ({ experts: ofTrace, answers: 1 });
    feed.setVisible(true);
    await vi.advanceTimersByTimeAsync(200);
    await feed.receive({ type: 'compare', requestIds: ['a1', 'a1'] });
    expect(posted.at(-1)).toMatchObject({ type: 'compared', experts: [ofTrace, ofTrace] });
  });

  it('lists the latest 32 of many, by their numbers', async () => {
    isRunning = false;
    shown = { ...shown, answers: Array.from({ length: 40 }, (_, index) => earlierAnswer(`old${index}`)) };
    feed.setVisible(true);
    await vi.advanceTimersByTimeAsync(200);
    const { answers, first } = diagnosedAnswers(feed.state);
    expect([answers.length, first, answers[0]?.requestId]).toEqual([32, 8, 'old8']);
  });

  it('says that there is nothing where nothing was saved', async () => {
    isRunning = false;
    shown = { ...shown, answers: [] };
    feed.setVisible(true);
    await vi.advanceTimersByTimeAsync(200);
    expect(feed.state.status).toBe('noModel');
  });
});
