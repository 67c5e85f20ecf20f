import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineClient } from '../../src/engineClient/engineClient.ts';
import type { LoadedModel } from '../../src/protocol/engine.ts';
import type { ChatMessage, GenerationEvent } from '../../src/protocol/generation.ts';
import { smolLM2Path } from '../support/assets.ts';
import { collect, question, startEngine, streamed } from '../support/engineProcess.ts';

let engine: EngineClient;
let model: LoadedModel;

beforeAll(async () => {
  engine = await startEngine();
  model = await engine.load({ path: await smolLM2Path(), contextTokens: 1024 });
});
afterAll(() => engine.dispose());

describe('an answer', () => {
  it('streams exactly the text of its result, and ends when the model says so', async () => {
    const { result, events } = await collect(
      engine,
      question('What is the capital of France?', { maxTokens: 100 }),
    );
    expect(result.answer).toContain('Paris');
    expect(result.finishReason).toBe('stop');
    expect(result.thoughtEnd).toBeUndefined();
    expect(streamed(events, 'answer')).toBe(result.answer);
    expect(streamed(events, 'thought')).toBe('');
    expect(result.answerTokens).toBeGreaterThan(0);
  });

  it('is the same twice when it is greedy', async () => {
    const text = 'Write a haiku about rain.';
    const first = await collect(engine, question(text));
    const second = await collect(engine, question(text));
    expect(second.result.answer).toBe(first.result.answer);
  });

  it('is the same twice with the same seed, and another with another seed', async () => {
    const text = 'Tell me a short story about a lighthouse.';
    const sampling = { temperature: 1, topK: 0, topP: 1, minP: 0 };
    const answerOf = async (seed: number): Promise<string> =>
      (await collect(engine, question(text, { sampling: { ...sampling, seed } }))).result.answer;
    const first = await answerOf(7);
    expect(await answerOf(7)).toBe(first);
    // 48 draws from an untruncated distribution that agree by chance would be a broken generator.
    expect(await answerOf(8)).not.toBe(first);
  });

  it('reports the sampling it used, with a seed that repeats it', async () => {
    const text = 'Name a colour and say why you like it.';
    const drawn = await collect(engine, question(text, { sampling: { temperature: 1 } }));
    const { seed } = drawn.result.sampling;
    expect(drawn.result.sampling).toEqual({ ...model.sampling, temperature: 1, seed });
    const again = await collect(engine, question(text, { sampling: { temperature: 1, seed } }));
    expect(again.result.answer).toBe(drawn.result.answer);
  });

  it('stops at the token limit and says so', async () => {
    const { result } = await collect(engine, question('Count from one to a hundred.', { maxTokens: 12 }));
    expect(result.finishReason).toBe('length');
    expect(result.timings.decodedTokens).toBe(12);
    expect(result.answerTokens).toBe(12);
  });

  it('tells progress of the prompt that adds up', async () => {
    const { result, events } = await collect(engine, question('Hello '.repeat(400), { maxTokens: 4 }));
    const prompt = events.find((event) => event.type === 'prompt');
    expect(prompt).toMatchObject({ promptTokens: result.timings.promptTokens, reusedTokens: 0 });
    const progress = events.filter((event) => event.type === 'prefill');
    expect(progress.length).toBeGreaterThan(2);
    expect(progress[0]).toMatchObject({ done: 0, total: result.timings.promptTokens });
    expect(progress.at(-1)).toMatchObject({ done: result.timings.promptTokens });
    const done = progress.map((event) => event.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });

  it('describes each token when asked, and not otherwise', async () => {
    const asked = await collect(engine, question('What is 2 + 2?', { tokenDetails: true, maxTokens: 8 }));
    const details = asked.events.flatMap((event) => (event.type === 'tokens' ? event.details : []));
    expect(
      details
        .map(({ text }) => text)
        .join('')
        .trimStart(),
    ).toBe(asked.result.answer);
    for (const detail of details) {
      expect(detail.channel).toBe('answer');
      expect(detail.alternatives).toHaveLength(5);
      // Greedy: what was taken is the best there was.
      expect(detail.alternatives[0]).toMatchObject({
        token: detail.token,
        logProbability: detail.logProbability,
      });
      expect(detail.logProbability).toBeLessThanOrEqual(0);
      // No distribution over n tokens has more entropy than the uniform one, ln n.
      expect(detail.entropy).toBeLessThanOrEqual(Math.log(model.vocabularySize));
      expect(detail.entropy).toBeGreaterThanOrEqual(0);
    }
    const plain = await collect(engine, question('What is 2 + 2?', { maxTokens: 8 }));
    expect(plain.events.some(({ type }) => type === 'tokens')).toBe(false);
  });
});

describe('a forced thought', () => {
  const forced = (text: string, budgetTokens: number, maxTokens: number) =>
    question(text, { reasoning: { mode: 'force', budgetTokens }, maxTokens });

  it('streams first, is closed when its budget is spent, and the answer follows', async () => {
    const { result, events } = await collect(engine, forced('Write a long story about the sea.', 12, 60));
    expect(result.thoughtEnd).toBe('budget');
    expect(result.thoughtTokens).toBe(12);
    expect(result.thought).not.toBe('');
    expect(result.answer).not.toBe('');
    expect(streamed(events, 'thought')).toBe(result.thought);
    expect(streamed(events, 'answer')).toBe(result.answer);
    expect(shapeOf(events)).toEqual([
      'prompt',
      'prefill',
      'thoughtStart forced',
      'text thought',
      'thoughtEnd budget',
      'text answer',
    ]);
  });

  it('has a budget also when none is given, so that the answer comes', async () => {
    const params = question('Is the sky blue?', { reasoning: { mode: 'force' }, maxTokens: 60 });
    const { result } = await collect(engine, params);
    expect(result.thoughtTokens).toBeLessThanOrEqual(30);
    expect(result.answer).not.toBe('');
  });

  it('ends at once when the user wants the answer', async () => {
    const params = forced('Explain how a bicycle stays upright.', 0, 200);
    let asked: Promise<boolean> | undefined;
    const { result } = await collect(engine, params, {
      onEvent: (event) => {
        if (event.type === 'text' && event.channel === 'thought')
          asked ??= engine.answerNow(params.requestId);
      },
    });
    expect(await asked).toBe(true);
    expect(result.thoughtEnd).toBe('answerNow');
    expect(result.answer).not.toBe('');
  });

  it('has nothing to close when no answer of that name runs', async () => {
    expect(await engine.answerNow('nobody')).toBe(false);
  });
});

describe('a conversation', () => {
  it('keeps the answer, drops the thought, and computes only what is new', async () => {
    const first: ChatMessage = { role: 'user', content: 'What is the capital of Italy? '.repeat(20) };
    const conversationId = 'second-question';
    const one = await collect(
      engine,
      question('', {
        conversationId,
        messages: [first],
        reasoning: { mode: 'force', budgetTokens: 40 },
        maxTokens: 80,
      }),
    );
    const messages: ChatMessage[] = [
      first,
      { role: 'assistant', content: one.result.answer },
      { role: 'user', content: 'And of Spain?' },
    ];
    const history = await engine.count({ messages: messages.slice(0, 2) });
    // The thought is gone: what is kept is what the template makes of question and answer.
    expect(one.result.contextTokens).toBeLessThan(
      one.result.timings.promptTokens + one.result.thoughtTokens + one.result.answerTokens,
    );
    expect(one.result.contextTokens).toBeLessThanOrEqual(history.prompt);
    const two = await collect(
      engine,
      question('', { conversationId, messages, reasoning: { mode: 'auto' }, maxTokens: 16 }),
    );
    expect(two.result.timings.reusedTokens).toBeGreaterThan(0);
    expect(two.result.timings.reusedTokens).toBeLessThanOrEqual(one.result.contextTokens);

    // The reused cache answers exactly as one that was computed in one piece.
    const fresh = await collect(engine, question('', { messages, maxTokens: 16 }));
    expect(two.result.answer).toBe(fresh.result.answer);
    expect(fresh.result.timings.reusedTokens).toBe(0);
  });

  it('has its whole history computed once it was left alone for a moment', async () => {
    const conversationId = 'settled';
    const first: ChatMessage = { role: 'user', content: `Name three fruits. ${'Be brief. '.repeat(100)}` };
    const one = await collect(engine, question('', { conversationId, messages: [first] }));
    await expect.poll(() => tokensOf(conversationId), { timeout: 120_000 }).toBe(one.result.contextTokens);
    const two = await collect(
      engine,
      question('', {
        conversationId,
        messages: [
          first,
          { role: 'assistant', content: one.result.answer },
          { role: 'user', content: 'Which one is yellow?' },
        ],
      }),
    );
    const { promptTokens, reusedTokens } = two.result.timings;
    expect(reusedTokens).toBe(one.result.contextTokens);
    // The time to the first token follows what there is to compute: at least five times less of it.
    expect(promptTokens / (promptTokens - reusedTokens)).toBeGreaterThan(5);
  });

  it('goes on computing its history while the model is asked for again or another one is forgotten', async () => {
    const conversationId = 'undisturbed';
    const one = await collect(engine, question('Name three rivers.', { conversationId, maxTokens: 120 }));
    await engine.load({ path: model.path, contextTokens: 1024 });
    await engine.release('another');
    await expect.poll(() => tokensOf(conversationId), { timeout: 120_000 }).toBe(one.result.contextTokens);
  });

  it('goes on from the common beginning when the question is edited', async () => {
    const conversationId = 'edited';
    const system: ChatMessage = {
      role: 'system',
      content: 'You answer questions about geography. '.repeat(10),
    };
    await collect(
      engine,
      question('', { conversationId, messages: [system, { role: 'user', content: 'Peru?' }] }),
    );
    const { result } = await collect(
      engine,
      question('', { conversationId, messages: [system, { role: 'user', content: 'Chile?' }] }),
    );
    expect(result.timings.reusedTokens).toBeGreaterThan(60);
  });

  it('keeps what was written when it is stopped, and the next question works', async () => {
    const conversationId = 'stopped';
    const messages: ChatMessage[] = [{ role: 'user', content: 'Write a long story about the sea.' }];
    const stop = new AbortController();
    const stopped = await collect(engine, question('', { conversationId, messages, maxTokens: 400 }), {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'text') stop.abort();
      },
    });
    expect(stopped.result.finishReason).toBe('cancelled');
    expect(stopped.result.answer).not.toBe('');
    expect(stopped.result.timings.decodedTokens).toBeLessThan(400);
    expect(streamed(stopped.events, 'answer')).toBe(stopped.result.answer);

    const whole = await collect(engine, question('', { conversationId, messages, maxTokens: 24 }));
    const fresh = await collect(engine, question('', { messages, maxTokens: 24 }));
    expect(whole.result.answer).toBe(fresh.result.answer);
  });

  it('can be stopped while the prompt is read', async () => {
    const stop = new AbortController();
    const params = question('word '.repeat(700), { conversationId: 'stopped-early' });
    const { result } = await collect(engine, params, {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'prefill' && event.done > 0) stop.abort();
      },
    });
    expect(result).toMatchObject({ finishReason: 'cancelled', answer: '', thought: '' });
    // What was read stays read.
    const again = await collect(engine, { ...params, requestId: 'again', maxTokens: 2 });
    expect(again.result.timings.reusedTokens).toBeGreaterThan(0);
  });

  it('can be forgotten', async () => {
    const conversationId = 'forgotten';
    await collect(engine, question('Hello!', { conversationId, maxTokens: 4 }));
    expect(await tokensOf(conversationId)).toBeGreaterThan(0);
    await engine.release(conversationId);
    expect(await tokensOf(conversationId)).toBeUndefined();
  });
});

describe('two questions at once', () => {
  it('are answered one after the other', async () => {
    const order: string[] = [];
    const ask = (name: string) =>
      collect(engine, question('Say hello.', { requestId: name, maxTokens: 8 }), {
        onEvent: (event) => {
          if (event.type === 'text' && order.at(-1) !== name) order.push(name);
        },
      });
    const [one, two] = await Promise.all([ask('one'), ask('two')]);
    expect(order).toEqual(['one', 'two']);
    expect(two.result.answer).toBe(one.result.answer);
  });

  it('can be cancelled while they wait', async () => {
    const stop = new AbortController();
    const running = collect(engine, question('Tell me about whales.', { maxTokens: 64 }));
    const waiting = collect(engine, question('Tell me about sharks.'), { signal: stop.signal });
    stop.abort();
    expect((await waiting).result).toMatchObject({ finishReason: 'cancelled', answer: '' });
    expect((await running).result.timings.decodedTokens).toBeGreaterThan(1);
  });

  it('may not have the same name', async () => {
    const params = question('Hi', { maxTokens: 4 });
    const first = collect(engine, params);
    await expect(collect(engine, params)).rejects.toMatchObject({ code: 'request/invalid' });
    await first;
  });
});

describe('a conversation that is too long', () => {
  it('is refused with what would be dropped, and cut by nobody', async () => {
    const turn = (index: number): ChatMessage[] => [
      { role: 'user', content: `Question ${index}: ${'many words '.repeat(60)}` },
      { role: 'assistant', content: 'An answer.' },
    ];
    const messages: ChatMessage[] = [
      { role: 'system', content: 'Be brief.' },
      ...[1, 2, 3, 4, 5, 6, 7, 8].flatMap(turn),
      { role: 'user', content: 'And now?' },
    ];
    const refusal = await collect(engine, question('', { messages })).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'context/overflow', details: { canFit: true, capacity: 1024 } });
    const { keepFrom } = (refusal as { details: { keepFrom: number } }).details;
    expect(messages[keepFrom]?.role).toBe('user');

    const kept = (from: number): ChatMessage[] =>
      messages.filter(({ role }, i) => role === 'system' || i >= from);
    const fitting = await collect(engine, question('', { messages: kept(keepFrom), maxTokens: 2 }));
    expect(fitting.result.finishReason).toBe('length');
    // One turn more and it would not fit.
    await expect(collect(engine, question('', { messages: kept(keepFrom - 2) }))).rejects.toMatchObject({
      code: 'context/overflow',
    });
  });

  it('says so when even the last message does not fit', async () => {
    await expect(collect(engine, question('word '.repeat(2000)))).rejects.toMatchObject({
      code: 'context/overflow',
      details: { canFit: false, droppedMessages: 0 },
    });
  });
});

async function tokensOf(conversationId: string): Promise<number | undefined> {
  const { conversations } = await engine.state();
  return conversations.find((each) => each.conversationId === conversationId)?.tokens;
}

/** The kinds of events in order, repeats left out: the part of a transcript that no processor changes. */
function shapeOf(events: readonly GenerationEvent[]): string[] {
  const kinds = events
    .filter(({ type }) => type !== 'speed')
    .map((event) => {
      if (event.type === 'text') return `text ${event.channel}`;
      if (event.type === 'thoughtStart') return `thoughtStart${event.forced ? ' forced' : ''}`;
      return event.type === 'thoughtEnd' ? `thoughtEnd ${event.reason}` : event.type;
    });
  return kinds.filter((kind, index) => kind !== kinds[index - 1]);
}
