import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeAll, afterAll, beforeEach, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../support/tinyModel.ts';
import { ChatHarness } from './chatHarness.ts';

let models: string;
let tiny: string;
let folder: string;
const open: ChatHarness[] = [];

beforeAll(async () => {
  models = await mkdtemp(path.join(os.tmpdir(), 'glassbox-chat-models-'));
  tiny = path.join(models, 'tiny.gguf');
  await writeTinyModel(tiny);
});
afterAll(() => rm(models, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-chat-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((chat) => chat.close()));
  await rm(folder, { recursive: true, force: true });
});

function openChat(model: { path?: string; contextTokens?: number } = {}, remembered?: string): ChatHarness {
  const chat = new ChatHarness({
    folder,
    model: { path: tiny, isEmbedded: false, contextTokens: 256, threads: 1, ...model },
    ...(remembered === undefined ? {} : { remembered }),
  });
  open.push(chat);
  return chat;
}

/** The text that the page has put together from the deltas of an answer. */
function streamedTo(chat: ChatHarness, answerId: string, channel: 'thought' | 'answer'): string {
  return chat.messages
    .map((message) => (message.type === 'delta' && message.answerId === answerId ? message[channel] : ''))
    .join('');
}

describe('A question', () => {
  it('starts the engine, loads the model and is answered, thought first', async () => {
    const chat = openChat();
    expect(chat.engine.state.kind).toBe('stopped');
    expect(chat.state.model).toEqual({ status: 'unloaded', name: 'tiny', isEmbedded: false });

    const answer = await chat.ask('Why?');
    expect(answer.status.kind).toBe('done');
    expect(answer).toMatchObject({ thoughtEnd: 'budget', thoughtTokens: 8 });
    expect(answer.answer).not.toBe('');
    expect(streamedTo(chat, answer.id, 'thought')).toBe(answer.thought);
    expect(streamedTo(chat, answer.id, 'answer')).toBe(answer.answer);
    expect(chat.state.model).toMatchObject({ status: 'ready', name: 'tiny', contextCapacity: 256 });
    expect(chat.state.title).toBe('Why?');
    expect(chat.state.context.tokens).toBeGreaterThan(0);
  });

  it('is told to the page as waiting, prefill, thinking, answering and done, in this order', async () => {
    const chat = openChat();
    const { id } = await chat.ask('Why?');
    const kinds = chat.messages.flatMap((message) =>
      message.type === 'status' && message.answerId === id ? [message.status.kind] : [],
    );
    const changes = kinds.filter((kind, index) => kind !== kinds[index - 1]);
    expect(changes).toEqual(['waiting', 'prefill', 'thinking', 'answering', 'done']);
  });

  it('takes what is attached with it, once, and keeps it for a retry', async () => {
    const chat = openChat();
    chat.offers.push({
      id: 'selection',
      kind: 'selection',
      label: 'a.ts:1',
      attached: true,
      version: '1',
      content: () => Promise.resolve('CODE'),
    });
    await chat.ask('Why?');
    await chat.session.receive({ type: 'retry', answerId: chat.lastAnswer().id });
    await chat.until(() => chat.state.busy === undefined);
    expect(chat.session.shown.nodes[0]).toMatchObject({
      attachments: [{ label: 'a.ts:1', content: 'CODE' }],
    });
    expect(chat.state.chips).toMatchObject([{ attached: false }]);
    expect(chat.lastAnswer().branch).toEqual({ index: 1, count: 2 });
    await chat.until(() => chat.state.chips[0]?.tokens !== undefined);
  });

  it('can be edited: both versions stay, with their answers', async () => {
    const chat = openChat();
    const first = await chat.ask('Why?');
    const questionId = chat.state.turns[0]?.id ?? '';
    await chat.session.receive({ type: 'edit', questionId, text: 'Why not?' });
    await chat.until(() => chat.state.busy === undefined);
    expect(chat.state.turns[0]).toMatchObject({ text: 'Why not?', branch: { index: 1, count: 2 } });
    await chat.session.receive({ type: 'selectBranch', turnId: chat.state.turns[0]?.id ?? '', index: 0 });
    expect(chat.state.turns[0]).toMatchObject({ text: 'Why?', branch: { index: 0, count: 2 } });
    expect(chat.lastAnswer().answer).toBe(first.answer);
  });

  it('that is stopped keeps what was written', async () => {
    const chat = openChat({ contextTokens: 4096 });
    await chat.session.receive({ type: 'ask', text: 'Why?' });
    await chat.until(() => chat.state.busy !== undefined && chat.lastAnswer().answer.length > 20);
    await chat.session.receive({ type: 'stop' });
    await chat.until(() => chat.state.busy === undefined);
    expect(chat.lastAnswer().status).toEqual({ kind: 'done', finish: 'cancelled' });
    expect(chat.lastAnswer().answer.length).toBeGreaterThan(20);
  });

  it('is answered now when the user has seen enough of the thought', async () => {
    const chat = openChat({ contextTokens: 4096 });
    chat.answerSettings = { ...chat.answerSettings, budgetTokens: 0 };
    await chat.session.receive({ type: 'ask', text: 'Why?' });
    await chat.until(() => chat.state.busy !== undefined && chat.lastAnswer().thoughtTokens > 4);
    await chat.session.receive({ type: 'answerNow' });
    await chat.until(() => chat.lastAnswer().answer !== '');
    expect(chat.lastAnswer().thoughtEnd).toBe('answerNow');
    await chat.session.receive({ type: 'stop' });
  });
});

describe('When the engine is killed in mid-answer', () => {
  it('the partial answer stays, the panel says what happened, and the next question works', async () => {
    const chat = openChat({ contextTokens: 4096 });
    await chat.session.receive({ type: 'ask', text: 'Why?' });
    await chat.until(() => chat.state.busy !== undefined && chat.lastAnswer().answer.length > 20);
    const killed = (await chat.engine.client()).processId;
    if (killed === undefined) throw new Error('The engine has no process.');
    process.kill(killed, 'SIGKILL');
    await chat.until(() => chat.state.busy === undefined);

    const broken = chat.lastAnswer();
    expect(broken.answer.length).toBeGreaterThan(20);
    expect(broken.status).toMatchObject({ kind: 'failed', message: expect.stringContaining('killed') });
    expect(chat.state.model.status).toBe('unloaded');

    chat.modelSettings = { ...chat.modelSettings, contextTokens: 8192 };
    await chat.session.receive({ type: 'newChat' });
    await chat.session.receive({ type: 'ask', text: 'And now?' });
    await chat.until(() => chat.state.busy !== undefined && chat.lastAnswer().answer !== '');
    expect((await chat.engine.client()).processId).not.toBe(killed);
    await chat.session.receive({ type: 'stop' });
  });
});

describe('A context that is full', () => {
  /** Fills a context of 256 tokens: each answer of the made model runs until the context is full. */
  async function filledChat(): Promise<ChatHarness> {
    const chat = openChat();
    await chat.ask('Why?');
    return chat;
  }

  it('is announced with what would be dropped, and nothing is dropped before the user says so', async () => {
    const chat = await filledChat();
    await chat.session.receive({ type: 'ask', text: 'And?' });
    const message = await chat.pick('overflow', 'drop');
    expect(message).toMatch(/oldest 2 messages \(\d+ tokens\)/u);
    await chat.until(() => chat.state.busy === undefined);
    expect(chat.lastAnswer().status.kind).toBe('done');
    expect(chat.state.notices[0]?.message).toContain('first 2 messages');
    expect(chat.state.turns).toHaveLength(4);
  });

  it('gives the question back as a draft when the user cancels', async () => {
    const chat = await filledChat();
    await chat.session.receive({ type: 'ask', text: 'And?' });
    await chat.pick('overflow', 'dismiss');
    await chat.until(() => chat.state.busy === undefined);
    expect(chat.state.draft).toBe('And?');
    expect(chat.state.turns).toHaveLength(2);
  });

  it('lets the question move to a new chat', async () => {
    const chat = await filledChat();
    const before = chat.state.conversationId;
    await chat.session.receive({ type: 'ask', text: 'And?' });
    await chat.pick('overflow', 'newChat');
    await chat.until(
      () =>
        chat.state.conversationId !== before &&
        chat.state.turns.length === 2 &&
        chat.state.busy === undefined,
    );
    expect(chat.state.title).toBe('And?');
    expect(chat.lastAnswer().status.kind).toBe('done');
    await chat.until(() => chat.state.history.length === 2);
  });

  it('fails the question with numbers when even it alone does not fit', async () => {
    const chat = openChat();
    const answer = await chat.ask('long '.repeat(400));
    expect(answer.status).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/\d+ tokens.*256/u),
    });
  });
});

describe('A model', () => {
  it('is asked for when there is none, and the question is then answered', async () => {
    const chat = openChat({ path: '' });
    expect(chat.state.model).toEqual({ status: 'none' });
    await chat.session.receive({ type: 'ask', text: 'Why?' });
    chat.pickedModel = tiny;
    await chat.pick('choose-model', 'choose');
    await chat.until(() => chat.state.busy === undefined);
    expect(chat.lastAnswer().status.kind).toBe('done');
  });

  it('that cannot be read is named with the reason, and another one can be chosen', async () => {
    const broken = path.join(models, 'broken.gguf');
    await writeFile(broken, 'GGUF but no more');
    const chat = openChat({ path: broken });
    const failed = await chat.ask('Why?');
    expect(failed.status).toMatchObject({ kind: 'failed', message: expect.stringContaining('broken.gguf') });
    expect(chat.state.model).toMatchObject({
      status: 'error',
      message: expect.stringContaining('broken.gguf'),
    });

    chat.pickedModel = tiny;
    await chat.session.receive({ type: 'chooseModel' });
    await chat.session.receive({ type: 'retry', answerId: failed.id });
    await chat.until(() => chat.state.busy === undefined);
    expect(chat.lastAnswer().status.kind).toBe('done');
  });

  it('that does not fit into memory is announced before it is loaded, and can be refused', async () => {
    // 2 (keys, values) * 24 layers * 8 heads * 128 numbers of 4 bytes for each of 2^20 tokens: 192 GiB, or half of
    // that in half precision.
    const wide = path.join(models, 'wide.gguf');
    const shape = { layers: 24, queryHeads: 8, kvHeads: 8, headDim: 128, contextLength: 1 << 20 };
    await writeTinyModel(wide, { ...shape, embeddingLength: 32, type: 'Q4_0' });
    const chat = openChat({ path: wide, contextTokens: 1 << 20 });
    await chat.session.receive({ type: 'ask', text: 'Why?' });
    const notice = await Promise.race([
      chat.pick('memory', 'dismiss'),
      chat.until(() => chat.state.busy === undefined).then(() => 'none'),
    ]);
    expect(notice).toMatch(/wide needs about .* is free/u);
    await chat.until(() => chat.state.busy === undefined);
    expect(chat.state.model.status).toBe('unloaded');
  });
});

describe('A window that comes back', () => {
  it('shows the chat it showed before, with its history', async () => {
    const chat = openChat();
    const answer = await chat.ask('Why?');
    await chat.close();
    const again = openChat({}, chat.remembered);
    await again.session.receive({ type: 'ready' });
    expect(again.lastAnswer()).toEqual(answer);
    expect(again.state.history).toMatchObject([{ title: 'Why?' }]);
    expect(again.engine.state.kind).toBe('stopped');
  });

  it('has what was written when it was closed in mid-stream, and the finished answers before', async () => {
    const chat = openChat({ contextTokens: 2048 });
    chat.answerSettings = { ...chat.answerSettings, budgetTokens: 4 };
    await chat.session.receive({ type: 'ask', text: 'Why?' });
    await chat.until(() => chat.state.busy !== undefined && chat.lastAnswer().answer.length > 20);
    const written = chat.lastAnswer().answer;
    await chat.close();
    const again = openChat({}, chat.remembered);
    await again.session.receive({ type: 'ready' });
    expect(again.lastAnswer().answer.startsWith(written.slice(0, 20))).toBe(true);
    expect(again.state.busy).toBeUndefined();
  });

  it('keeps the draft', async () => {
    const chat = openChat();
    await chat.session.receive({ type: 'draft', text: 'Half a quest' });
    await chat.close();
    const again = openChat({}, chat.remembered);
    await again.session.receive({ type: 'ready' });
    expect(again.state.draft).toBe('Half a quest');
  });
});

describe('A chat', () => {
  it('that is deleted can be brought back', async () => {
    const chat = openChat();
    await chat.ask('Why?');
    const { conversationId } = chat.state;
    await chat.until(() => chat.state.history.length === 1);
    await chat.session.receive({ type: 'deleteConversation', conversationId });
    expect(chat.state.turns).toEqual([]);
    expect(chat.state.history).toEqual([]);
    await chat.pick(`deleted-${conversationId}`, 'undo');
    await chat.until(() => chat.state.history.length === 1);
    await chat.session.receive({ type: 'openConversation', conversationId });
    expect(chat.state.turns).toHaveLength(2);
  });

  it('goes on being answered while another is shown, and one answer at a time is written', async () => {
    const chat = openChat({ contextTokens: 2048 });
    await chat.session.receive({ type: 'ask', text: 'Why?' });
    await chat.until(() => chat.state.busy !== undefined && chat.lastAnswer().answer !== '');
    const first = chat.state.conversationId;
    await chat.session.receive({ type: 'newChat' });
    expect(chat.state.busy).toBeUndefined();
    const asked = chat.session.receive({ type: 'ask', text: 'And?' });
    await chat.pick('busy', 'stop');
    await asked;
    await chat.until(() => chat.state.busy !== undefined);
    expect(chat.state.conversationId).not.toBe(first);
    await chat.session.receive({ type: 'stop' });
    await chat.until(() => chat.state.busy === undefined);
    await chat.session.receive({ type: 'openConversation', conversationId: first });
    expect(chat.lastAnswer().status).toEqual({ kind: 'done', finish: 'cancelled' });
  });

  it('gives only its answers to a document', async () => {
    const chat = openChat();
    const { thought, answer } = await chat.ask('Why?');
    await chat.session.receive({ type: 'insert', text: answer });
    await chat.session.receive({ type: 'insert', text: thought });
    expect(chat.inserted).toEqual([answer]);
    expect(chat.state.notices).toMatchObject([{ severity: 'warning' }]);
  });
});
