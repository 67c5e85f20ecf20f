import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedModelPath } from '../../src/engineClient/embeddedModelPath.ts';
import { chosenModel } from '../../src/extension/models/chosenModel.ts';
import { readTrace } from '../../src/reasoning/trace/readTrace.ts';
import { ALTERNATIVES, type Trace } from '../../src/reasoning/trace/trace.ts';
import { ChatHarness } from './chatHarness.ts';

const checkout = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const nano = embeddedModelPath(checkout);
const QUESTION = `Show me the output of this program.

\`\`\`javascript
let beach = 1;
console.log(beach + 2);
\`\`\``;

let folder: string;
let chat: ChatHarness;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-traced-'));
  chat = new ChatHarness({ folder, model: chosenModel('', nano) });
  chat.answerSettings = { mode: 'auto', budgetTokens: 2048, sampling: {}, keepTraces: true };
});
afterAll(async () => {
  await chat.close();
  await rm(folder, { recursive: true, force: true });
});

async function traceOf(answerId: string): Promise<Trace> {
  const file = await chat.traces.fileOf(chat.state.conversationId, answerId);
  if (file === undefined) throw new Error('no trace was saved');
  const { trace, problems } = readTrace(await readFile(file));
  expect(problems).toEqual([]);
  return trace;
}

describe('An answer of the chat', () => {
  it('is saved with its trace, in which its text and its experts are', async () => {
    const answer = await chat.ask(QUESTION);
    expect(answer.hasTrace).toBe(true);
    const trace = await traceOf(answer.id);
    expect(trace).toMatchObject({
      thought: answer.thought,
      answer: answer.answer,
      about: {
        id: answer.id,
        conversationId: chat.state.conversationId,
        question: QUESTION,
        finish: 'stop',
        thoughtEnd: 'model',
        model: { name: 'glassbox-nano', architecture: 'deepseek2' },
      },
    });
    const { tokens, routing } = trace;
    const written = Array.from(tokens.ids, (id) => tokens.texts.get(id) ?? '').join('');
    expect(written).toContain(answer.answer);
    // Greedy: each token is the best of its alternatives.
    for (let token = 0; token < tokens.count; token++) {
      expect(tokens.alternativeIds[token * ALTERNATIVES]).toBe(tokens.ids[token]);
    }
    if (!routing) throw new Error('no routing was saved');
    const choices = routing.layers.length * routing.topK;
    for (let token = 0; token < tokens.count; token++) {
      const weights = routing.weights.subarray(token * choices, (token + 1) * choices);
      expect(weights.every((weight) => weight > 0)).toBe(true);
    }
    // How its texts came is kept with it. No page has drawn them here.
    const node = chat.session.shown.nodes.find(({ id }) => id === answer.id);
    if (node?.kind !== 'answer' || !node.transport) throw new Error('the way of the texts was not measured');
    expect(node.transport.texts).toBeGreaterThan(1);
    expect(node.transport.rpcMs).toBeGreaterThan(0);
    expect(node.transport).not.toHaveProperty('pageMs');
    await chat.session.receive({ type: 'openTrace', answerId: answer.id });
    expect(chat.openedTraces).toEqual([answer.id]);
  });

  it('is told again from one of its tokens on, as another version of the same turn', async () => {
    const earlier = chat.lastAnswer();
    const { about, tokens } = await traceOf(earlier.id);
    const { conversationId } = about;
    expect(await chat.session.canContinue(about)).toBe(true);
    const { fingerprint } = about.model;
    if (fingerprint === undefined) throw new Error('the trace does not say which file wrote it');
    expect(fingerprint).toBe(chat.model.loaded?.fingerprint);
    // The file goes by its fingerprint whatever it is called, and by its name where a trace has none.
    expect(await chat.session.canContinue({ ...about, model: { name: 'another', fingerprint } })).toBe(true);
    expect(await chat.session.canContinue({ ...about, model: { name: 'another' } })).toBe(false);
    const other = { ...about.model, fingerprint: '0'.repeat(32) };
    expect(await chat.session.canContinue({ ...about, model: other })).toBe(false);
    expect(await chat.session.canContinue({ ...about, conversationId: 'elsewhere' })).toBe(false);

    const token = 5;
    const alternative = tokens.alternativeIds[token * ALTERNATIVES + 1] ?? 0;
    await chat.session.continueFrom({ conversationId, answerId: earlier.id }, { token, alternative });
    await chat.until(() => chat.state.busy === undefined && chat.lastAnswer().id !== earlier.id);
    const later = chat.lastAnswer();
    expect(later.status.kind).toBe('done');
    expect(later.branch).toEqual({ index: 1, count: 2 });
    const branch = await traceOf(later.id);
    expect(branch.about.branchedFrom).toEqual({ id: earlier.id, token });
    expect([...branch.tokens.ids.subarray(0, token)]).toEqual([...tokens.ids.subarray(0, token)]);
    expect(branch.tokens.ids[token]).toBe(alternative);
    // What was measured of the common tokens is that of the first time.
    expect([...branch.tokens.elapsedMs.subarray(0, token)]).toEqual([...tokens.elapsedMs.subarray(0, token)]);
    expect([...branch.tokens.logProbabilities.subarray(0, token)]).toEqual([
      ...tokens.logProbabilities.subarray(0, token),
    ]);

    await expect(
      chat.session.continueFrom({ conversationId, answerId: 'unknown' }, { token, alternative }),
    ).rejects.toMatchObject({ code: 'request/invalid' });
  });

  it('is asked for several times with seeds of their own, as versions of one turn', async () => {
    const told: number[] = [];
    const { answerIds } = await chat.session.askSeveral(QUESTION, {
      count: 3,
      sampling: { temperature: 1 },
      signal: new AbortController().signal,
      onAnswer: (answers) => told.push(answers),
    });
    expect(told).toEqual([1, 2, 3]);
    expect(answerIds).toHaveLength(3);
    const traces = await Promise.all(answerIds.map(traceOf));
    expect(traces.map(({ about }) => about.sampling.seed)).toEqual([1, 2, 3]);
    expect(traces.every(({ about }) => about.sampling.temperature === 1)).toBe(true);
    // The prompt is in the cache since the first answer; its last token is always computed.
    for (const { about } of traces) {
      expect(about.timings.reusedTokens).toBeGreaterThan(about.timings.promptTokens / 2);
    }
    expect(chat.lastAnswer().branch).toEqual({ index: 4, count: 5 });
  });

  it('has no trace when none are wanted', async () => {
    chat.answerSettings = { ...chat.answerSettings, keepTraces: false };
    const answer = await chat.ask('write me a poem');
    expect(answer.hasTrace).toBe(false);
    expect(await chat.traces.fileOf(chat.state.conversationId, answer.id)).toBeUndefined();
  });

  it('loses its trace with its conversation, and has it back with it', async () => {
    const [first] = chat.answers;
    const { conversationId } = chat.state;
    if (!first) throw new Error('there is no answer');
    await chat.session.receive({ type: 'deleteConversation', conversationId });
    expect(await chat.traces.fileOf(conversationId, first.id)).toBeUndefined();
    await chat.pick(`deleted-${conversationId}`, 'undo');
    await chat.until(() => chat.state.history.some(({ id }) => id === conversationId));
    expect(await chat.traces.fileOf(conversationId, first.id)).toBeDefined();
  });
});
