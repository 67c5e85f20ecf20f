import { describe, expect, it } from 'vitest';
import { KvCache } from '../../../../src/engine/kvCache.ts';
import { prefill } from '../../../../src/engine/prefill.ts';
import { ConversationRecord } from '../../../../src/engine/records/conversationRecord.ts';
import { RoutingRecord } from '../../../../src/engine/records/routingRecord.ts';
import type { RoutingShape } from '../../../../src/engine/records/routingShape.ts';
import type { ChatMessage } from '../../../../src/protocol/generation.ts';
import { ScriptedSequence, scriptedRouting } from './scriptedSequence.ts';

const SHAPE: RoutingShape = { layers: [1, 2], experts: 8, topK: 2 };
const SIGNAL = new AbortController().signal;

/*
 * A template as DeepSeek's: 1 opens the conversation, 2 a user's turn, 3 the assistant's, 4 the thought; 5 closes the
 * thought, 6 ends a turn. Texts are numbers from 10 on.
 */
const [OPEN, USER, ASSISTANT, THINK, UNTHINK, END] = [1, 2, 3, 4, 5, 6];

interface Turn {
  readonly question: readonly number[];
  readonly thought: readonly number[];
  readonly answer: readonly number[];
}

const promptOf = (turns: readonly Turn[], question: readonly number[]): number[] => [
  OPEN,
  ...turns.flatMap((turn) => [USER, ...turn.question, ASSISTANT, ...turn.answer, END]),
  ...[USER, ...question, ASSISTANT, THINK],
];
const historyOf = (turns: readonly Turn[]): number[] => [
  OPEN,
  ...turns.flatMap((turn) => [USER, ...turn.question, ASSISTANT, ...turn.answer, END]),
  USER,
];
const messagesOf = (turns: readonly Turn[], question: readonly number[]): ChatMessage[] => [
  ...turns.flatMap((turn): ChatMessage[] => [
    { role: 'user', content: turn.question.join(' ') },
    { role: 'assistant', content: turn.answer.join(' ') },
  ]),
  { role: 'user', content: question.join(' ') },
];

/** A conversation as the engine leads it, with a scripted model. */
class Conversation {
  readonly sequence = new ScriptedSequence(SHAPE);
  changes = 0;
  clock = 1000;
  readonly record = new ConversationRecord({
    routing: new RoutingRecord(SHAPE, { maxBytes: 1e6 }),
    unixNow: () => this.clock,
    now: () => 0,
    onChange: () => this.changes++,
  });
  cache = this.#newCache();
  #questions = 0;

  /** Prefill and decode; the last token of a reply is chosen, but not read. */
  async ask(before: readonly Turn[], turn: Turn, routing = true): Promise<void> {
    const promptTokens = promptOf(before, turn.question);
    const recording = this.record.ask({
      requestId: `q${this.#questions++}`,
      messages: messagesOf(before, turn.question),
      promptTokens,
      routing,
    });
    const reused = this.cache.reuse(promptTokens, recording.cutReason);
    const options = { chunkTokens: 4, signal: SIGNAL, recording: recording.prompt };
    await prefill(this.cache, promptTokens.slice(reused), options);
    for (const token of [...turn.thought, UNTHINK]) {
      await this.cache.append([token], { recording: recording.thought });
    }
    for (const token of turn.answer.slice(0, -1)) {
      await this.cache.append([token], { recording: recording.answer });
    }
  }

  /** The thought is dropped and the answer computed again. */
  async settle(turns: readonly Turn[], routing = true): Promise<void> {
    const history = historyOf(turns);
    const recording = this.record.answered(history, { endsTurn: (token) => token === END, routing });
    const kept = this.cache.keepPrefixOf(history, 'thought');
    await prefill(this.cache, history.slice(kept), { chunkTokens: 4, signal: SIGNAL, recording });
  }

  releaseCache(): void {
    this.cache.dispose();
    this.cache = this.#newCache();
  }

  /** `position token phase`, with ` evicted` and the question. */
  lines(): string[] {
    const { ring } = this.routing;
    return Array.from({ length: ring.length }, (_, i) => {
      const mark = ring.isEvicted(i) ? ' evicted' : '';
      return `${ring.position(i)}: ${ring.token(i)} ${ring.phase(i)} of ${this.record.requestIds[ring.question(i)]}${mark}`;
    });
  }

  /** The experts recorded for a token. */
  expertsAt(position: number, { evicted = false } = {}): number[] {
    const { ring } = this.routing;
    for (let i = 0; i < ring.length; i++) {
      if (ring.position(i) === position && ring.isEvicted(i) === evicted) return [...ring.experts(i)];
    }
    return [];
  }

  get routing(): RoutingRecord {
    if (!this.record.routing) throw new Error('no routing');
    return this.record.routing;
  }

  #newCache(): KvCache {
    this.record.allocated(this.sequence);
    return new KvCache(this.sequence, this.record);
  }
}

const FIRST: Turn = { question: [10, 11], thought: [20, 21], answer: [30, 31, 32] };
const SECOND: Turn = { question: [12], thought: [22], answer: [33, 34] };

describe('the record of a conversation', () => {
  it('counts experts while the next token is computed, and misses none of them', async () => {
    const conversation = new Conversation();
    const { record, cache, routing } = conversation;
    const { thought } = record.ask({ requestId: 'q', messages: [], promptTokens: [OPEN], routing: true });
    let waiting = 0;
    while (!routing.isWorthEntering) {
      await cache.append([10 + waiting++], { recording: thought });
      if (waiting > 1000) throw new Error('Nothing is put off.');
    }
    const appending = cache.append([9], { recording: thought });
    expect(routing.isWorthEntering).toBe(false);
    await appending;
    expect(routing.counts.tokens.thought).toBe(waiting + 1);
    expect(conversation.lines().at(-1)).toBe(`${waiting}: 9 thought of q`);
  });

  it('says of every token that was read what it is and where it went', async () => {
    const conversation = new Conversation();
    await conversation.ask([], FIRST);
    expect(conversation.lines()).toEqual([
      '0: 1 prompt of q0',
      '1: 2 prompt of q0',
      '2: 10 prompt of q0',
      '3: 11 prompt of q0',
      '4: 3 prompt of q0',
      '5: 4 prompt of q0',
      '6: 20 thought of q0',
      '7: 21 thought of q0',
      '8: 5 thought of q0',
      '9: 30 answer of q0',
      '10: 31 answer of q0',
    ]);
  });

  it('holds at each position the routing of the pass that read the token there, not of the one that chose it', async () => {
    const conversation = new Conversation();
    await conversation.ask([], FIRST);
    const read = [...promptOf([], FIRST.question), ...FIRST.thought, UNTHINK, 30, 31];
    read.forEach((_, position) => {
      const expected = [...scriptedRouting(SHAPE, read.slice(0, position + 1)).experts];
      expect(conversation.expertsAt(position)).toEqual(expected);
    });
    // The script gives neighbours different experts, so a record that is shifted by one would be found out.
    const shifted = read.filter(
      (_, position) =>
        scriptedRouting(SHAPE, read.slice(0, position)).experts.join() !==
        scriptedRouting(SHAPE, read.slice(0, position + 1)).experts.join(),
    );
    expect(shifted.length).toBe(read.length);
  });

  it('keeps a dropped thought, marked, and replaces the answer by what is computed again without it', async () => {
    const conversation = new Conversation();
    await conversation.ask([], FIRST);
    const thought = [6, 7, 8].map((position) => conversation.expertsAt(position));
    conversation.clock = 2000;
    await conversation.settle([FIRST]);
    expect(conversation.lines()).toEqual([
      '0: 1 prompt of q0',
      '1: 2 prompt of q0',
      '2: 10 prompt of q0',
      '3: 11 prompt of q0',
      '4: 3 prompt of q0',
      '6: 20 thought of q0 evicted',
      '7: 21 thought of q0 evicted',
      '8: 5 thought of q0 evicted',
      '5: 30 answer of q0',
      '6: 31 answer of q0',
      '7: 32 answer of q0',
      '8: 6 prompt of q0',
      '9: 2 prompt of q0',
    ]);
    expect([6, 7, 8].map((position) => conversation.expertsAt(position, { evicted: true }))).toEqual(thought);
    const history = historyOf([FIRST]);
    expect(conversation.expertsAt(6)).toEqual([...scriptedRouting(SHAPE, history.slice(0, 7)).experts]);
    expect(conversation.routing.counts.tokens).toEqual({ prompt: 7, thought: 3, answer: 3 });
    expect(conversation.record.kv.snapshot(conversation.record.requestIds).evictions).toEqual([
      {
        id: 0,
        readableTokens: 6,
        reason: 'thought',
        atMs: 2000,
        firstPosition: 5,
        tokens: 6,
        phases: { prompt: 1, thought: 3, answer: 2 },
      },
    ]);
  });

  it('goes on with the second question: what is reused stays as it was', async () => {
    const conversation = new Conversation();
    await conversation.ask([], FIRST);
    await conversation.settle([FIRST]);
    const before = conversation.lines();
    await conversation.ask([FIRST], SECOND);
    expect(conversation.lines().slice(0, before.length)).toEqual(before);
    expect(conversation.lines().slice(before.length)).toEqual([
      '10: 12 prompt of q1',
      '11: 3 prompt of q1',
      '12: 4 prompt of q1',
      '13: 22 thought of q1',
      '14: 5 thought of q1',
      '15: 33 answer of q1',
    ]);
    const { kv, requestIds } = conversation.record;
    expect(kv.snapshot(requestIds)).toMatchObject({
      sharedPrefixTokens: 10,
      reusedTokens: 10,
      usedTokens: 16,
    });
    await conversation.settle([FIRST, SECOND]);
    expect(conversation.routing.counts.tokens).toEqual({ prompt: 11, thought: 5, answer: 5 });
  });

  it('calls an answer an answer when its history was not computed before the next question came', async () => {
    const settled = new Conversation();
    const hurried = new Conversation();
    for (const conversation of [settled, hurried]) await conversation.ask([], FIRST);
    await settled.settle([FIRST]);
    hurried.record.answered(historyOf([FIRST]), { endsTurn: (token) => token === END, routing: true });
    for (const conversation of [settled, hurried]) await conversation.ask([FIRST], SECOND);
    expect(hurried.lines()).toEqual(settled.lines());
    expect(hurried.record.kv.snapshot([]).evictions.map(({ reason }) => reason)).toEqual(['thought']);
  });

  it('forgets the thought of an answer that is tried again, and tells the edit', async () => {
    const conversation = new Conversation();
    await conversation.ask([], FIRST);
    await conversation.settle([FIRST]);
    await conversation.ask([], { ...FIRST, thought: [25], answer: [35, 36] });
    const fresh = new Conversation();
    await fresh.ask([], { ...FIRST, thought: [25], answer: [35, 36] });
    expect(conversation.lines().map((line) => line.replace('q1', 'q0'))).toEqual(fresh.lines());
    expect(conversation.routing.counts.counts).toEqual(fresh.routing.counts.counts);
    expect(conversation.record.kv.snapshot([]).evictedTokens).toMatchObject({ thought: 6, edit: 5 });
  });

  it('keeps the thoughts of earlier answers when a later one is tried again', async () => {
    const conversation = new Conversation();
    await conversation.ask([], FIRST);
    await conversation.settle([FIRST]);
    await conversation.ask([FIRST], SECOND);
    await conversation.settle([FIRST, SECOND]);
    await conversation.ask([FIRST], { ...SECOND, thought: [26] });
    const thoughts = conversation.lines().filter((line) => line.includes('thought'));
    expect(thoughts).toEqual([
      '6: 20 thought of q0 evicted',
      '7: 21 thought of q0 evicted',
      '8: 5 thought of q0 evicted',
      '13: 26 thought of q2',
      '14: 5 thought of q2',
    ]);
  });

  it('tells old messages that were left out from an edit', async () => {
    const conversation = new Conversation();
    await conversation.ask([], FIRST);
    await conversation.settle([FIRST]);
    // The whole did not fit, so the user agreed to leave the first turn out.
    conversation.record.refused(messagesOf([FIRST], SECOND.question));
    await conversation.ask([], SECOND);
    expect(conversation.record.kv.snapshot([]).evictedTokens).toMatchObject({ history: 8, edit: 0 });
    expect(conversation.lines().every((line) => line.endsWith('q1') || /^[01]:/.test(line))).toBe(true);
  });

  it('calls it rewritten when the history differs from what was generated without a thought', async () => {
    const conversation = new Conversation();
    const promptTokens = promptOf([], FIRST.question);
    const recording = conversation.record.ask({ requestId: 'q', messages: [], promptTokens, routing: true });
    await prefill(conversation.cache, promptTokens, {
      chunkTokens: 4,
      signal: SIGNAL,
      recording: recording.prompt,
    });
    await conversation.cache.append([30], { recording: recording.answer });
    await conversation.settle([FIRST]);
    expect(conversation.record.kv.snapshot([]).evictions).toMatchObject([{ reason: 'rewrite', tokens: 2 }]);
  });

  it('is as it was before when an append fails after some of its tokens were computed', async () => {
    const conversation = new Conversation();
    await conversation.ask([], FIRST);
    const before = conversation.lines();
    const counts = conversation.routing.counts.counts.slice();
    conversation.sequence.failsNext = true;
    const { recording } = {
      recording: { labelAt: () => ({ phase: 'answer' as const, question: 0 }), routing: true },
    };
    await expect(conversation.cache.append([40, 41, 42], { recording })).rejects.toMatchObject({
      code: 'request/cancelled',
    });
    expect(conversation.lines()).toEqual(before);
    expect(conversation.routing.counts.counts).toEqual(counts);
    expect(conversation.record.kv.length).toBe(conversation.cache.length);
  });

  it('outlives its cache: the thoughts stay, the rest is recorded again', async () => {
    const conversation = new Conversation();
    await conversation.ask([], FIRST);
    await conversation.settle([FIRST]);
    conversation.releaseCache();
    expect(conversation.record.kv.snapshot([])).toMatchObject({
      usedTokens: 0,
      evictedTokens: { release: 10 },
    });
    expect(conversation.routing.counts.tokens).toEqual({ prompt: 0, thought: 3, answer: 0 });
    await conversation.ask([FIRST], SECOND);
    expect(conversation.routing.counts.tokens).toEqual({ prompt: 10, thought: 5, answer: 4 });
    expect(conversation.record.kv.snapshot([]).reusedTokens).toBe(0);
  });

  it('asks the backend for no routing when it is turned off, and knows the cache all the same', async () => {
    const conversation = new Conversation();
    await conversation.ask([], FIRST, false);
    await conversation.settle([FIRST], false);
    expect(conversation.sequence.routingCalls).toBe(0);
    expect(conversation.lines()).toEqual([]);
    const { kv, requestIds } = conversation.record;
    expect(kv.snapshot(requestIds).spans).toEqual([
      { phase: 'prompt', requestId: 'q0', firstPosition: 0, tokens: 5 },
      { phase: 'answer', requestId: 'q0', firstPosition: 5, tokens: 3 },
      { phase: 'prompt', requestId: 'q0', firstPosition: 8, tokens: 2 },
    ]);
  });

  it('tells that it changed', async () => {
    const conversation = new Conversation();
    await conversation.ask([], FIRST);
    const changes = conversation.changes;
    // Two chunks of the prompt, then token after token.
    expect(changes).toBe(2 + 3 + 2);
    await conversation.settle([FIRST]);
    expect(conversation.changes).toBeGreaterThan(changes);
  });
});

describe('the KV record', () => {
  it('adds up bytes as they are stored, beside what plain keys and values would take', async () => {
    const conversation = new Conversation();
    await conversation.ask([], FIRST);
    const snapshot = conversation.record.kv.snapshot(conversation.record.requestIds);
    expect(snapshot).toMatchObject({
      capacityTokens: 1000,
      usedTokens: 11,
      bytesPerToken: 2 * 64,
      plainBytesPerToken: 2 * 512,
      usedBytes: 11 * 128,
      capacityBytes: 128_000,
    });
    expect(snapshot.layers[1]).toEqual({
      parts: [
        { kind: 'latent', bytesPerToken: 48, usedBytes: 528 },
        { kind: 'key', bytesPerToken: 16, usedBytes: 176 },
      ],
      dataType: 'float32',
      usedBytes: 704,
      plainBytes: 5632,
    });
  });

  it('lists the latest hundred evictions and counts them all', async () => {
    const conversation = new Conversation();
    for (let i = 0; i < 103; i++) {
      conversation.clock = i;
      await conversation.cache.append([1, 2]);
      conversation.cache.evict(0, 'edit');
    }
    const { evictions, evictedTokens } = conversation.record.kv.snapshot([]);
    expect(evictions).toHaveLength(100);
    expect(evictions[0]?.atMs).toBe(3);
    expect(evictedTokens.edit).toBe(206);
  });
});
