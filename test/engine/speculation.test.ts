import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineClient } from '../../src/engineClient/engineClient.ts';
import type { GenerateParams, GenerateResult, GenerationEvent } from '../../src/protocol/generation.ts';
import { unpackRouting } from '../../src/protocol/unpackRouting.ts';
import { writeDraftingModel } from '../support/draftingModel.ts';
import { collect, question, startEngine } from '../support/engineProcess.ts';
import { saidBy } from '../support/saidBy.ts';

const EMBEDDED = fileURLToPath(new URL('../../media/model/glassbox-nano.gguf', import.meta.url));

let folder: string;
let engine: EngineClient;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-draft-'));
  file = path.join(folder, 'drafting.gguf');
  await writeDraftingModel(file, { thinkTokens: true });
  engine = await startEngine();
  await engine.load({ path: file, speculation: 'on', contextTokens: 512 });
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true, force: true });
});

interface Asked {
  readonly result: GenerateResult;
  readonly events: readonly GenerationEvent[];
}

/** The same question twice, without guesses and with them. */
async function bothWays(changes: Partial<GenerateParams>): Promise<{ plain: Asked; guessed: Asked }> {
  const [plain, guessed] = [question('Go on.', changes), question('Go on.', changes)];
  return {
    plain: await collect(engine, { ...plain, speculation: 'off' }),
    guessed: await collect(engine, { ...guessed, speculation: 'on' }),
  };
}

const sampled = (seed: number, temperature = 1) => ({ temperature, topP: 0.95, seed });
const GREEDY = sampled(1, 0);

describe('a reply with guesses', () => {
  const cases: readonly [what: string, changes: Partial<GenerateParams>][] = [
    ['that is greedy', { sampling: GREEDY, maxTokens: 120 }],
    ...[1, 2, 3].map((seed): [string, Partial<GenerateParams>] => [
      `of seed ${seed}`,
      { sampling: sampled(seed), maxTokens: 120 },
    ]),
    ['that is hot', { sampling: sampled(4, 2), maxTokens: 120 }],
    [
      'with a repetition penalty',
      { sampling: { ...sampled(5), repetitionPenalty: 1.3, repetitionWindow: 32 }, maxTokens: 120 },
    ],
    ['with its tokens described', { tokenDetails: true, sampling: sampled(7), maxTokens: 40 }],
    ['of a single token', { sampling: GREEDY, maxTokens: 1 }],
    ['of two tokens', { sampling: sampled(8), maxTokens: 2 }],
  ];

  it.each(cases)('%s is the reply without them', async (_, changes) => {
    const { plain, guessed } = await bothWays(changes);
    expect(saidBy(guessed)).toEqual(saidBy(plain));
    expect(plain.result.timings.speculation).toBeUndefined();
    expect(guessed.result.timings.speculation).toBeDefined();
  });

  it('that repeats itself is ended where one without them is', async () => {
    const { plain, guessed } = await bothWays({ sampling: GREEDY, maxTokens: 400 });
    expect(guessed.result.finishReason).toBe('loop');
    expect(saidBy(guessed)).toEqual(saidBy(plain));
  });

  it('whose thought is closed for it is one', async () => {
    const reasoning = { mode: 'force', budgetTokens: 10 } as const;
    const { plain, guessed } = await bothWays({ reasoning, sampling: sampled(6), maxTokens: 80 });
    expect(guessed.result).toMatchObject({ thoughtEnd: 'budget', thoughtTokens: 10 });
    expect(saidBy(guessed)).toEqual(saidBy(plain));
  });

  it('counts guesses that were right and guesses that were not', async () => {
    const { result } = await collect(engine, question('Go on.', { sampling: sampled(3), maxTokens: 200 }));
    const { drafted = 0, accepted = 0, byPosition, bySource } = result.timings.speculation ?? {};
    expect(accepted).toBeGreaterThan(10);
    expect(drafted - accepted).toBeGreaterThan(10);
    expect(drafted).toBeLessThan(result.timings.decodedTokens);
    expect(byPosition).toEqual([{ drafted, accepted }]);
    expect(bySource).toEqual([{ source: 'draft', drafted, accepted, byPosition }]);
  });

  it('is recorded as the reply without them: no guess that was wrong stays in the record', async () => {
    const reasoning = { mode: 'force', budgetTokens: 10 } as const;
    const records: unknown[] = [];
    for (const speculation of ['off', 'on'] as const) {
      const asked = question('Go on.', { speculation, reasoning, sampling: sampled(6), maxTokens: 60 });
      const { conversationId } = asked;
      await collect(engine, asked);
      const routing = await engine.routing({ conversationId, settled: true });
      if (!routing) throw new Error('nothing was recorded');
      records.push(unpackRouting(routing));
    }
    expect(records[1]).toEqual(records[0]);
  });

  it('goes on in its conversation as one without them does', async () => {
    const answers: string[][] = [];
    for (const speculation of ['off', 'on'] as const) {
      const first = question('Go on.', { speculation, sampling: sampled(12), maxTokens: 40 });
      const { result } = await collect(engine, first);
      const second = await collect(engine, {
        ...question('And?', { speculation, sampling: sampled(13), maxTokens: 40 }),
        conversationId: first.conversationId,
        messages: [
          ...first.messages,
          { role: 'assistant', content: result.answer },
          { role: 'user', content: 'And?' },
        ],
      });
      answers.push([result.answer, second.result.answer]);
      // How many depends on how far the first one's history had been computed when the second question came.
      expect(second.result.timings.reusedTokens).toBeGreaterThan(0);
    }
    expect(answers[1]).toEqual(answers[0]);
  });

  it('is cancelled with what was written, and leaves a cache that the next question can use', async () => {
    const stop = new AbortController();
    const endless = question('Go on.', {
      sampling: { ...sampled(15), repetitionPenalty: 1.5, repetitionWindow: 400 },
      maxTokens: 400,
    });
    const cancelled = await collect(engine, endless, {
      signal: stop.signal,
      onEvent: (event) => event.type === 'text' && stop.abort(),
    });
    expect(cancelled.result.finishReason).toBe('cancelled');
    const again = { ...endless, requestId: 'again', maxTokens: 20 };
    const fresh = question('Go on.', { sampling: endless.sampling, maxTokens: 20, speculation: 'off' });
    const { result } = await collect(engine, again);
    expect(result.timings.reusedTokens).toBeGreaterThan(0);
    expect(result.answer).toBe((await collect(engine, fresh)).result.answer);
  });
});

describe('a reply with guesses in a small context', () => {
  it('fills it to the last place, as one without them does', async () => {
    const { contextCapacity } = await engine.load({ path: file, speculation: 'on', contextTokens: 64 });
    const { plain, guessed } = await bothWays({ sampling: GREEDY, maxTokens: 100 });
    expect(saidBy(guessed)).toEqual(saidBy(plain));
    const { finishReason, timings } = guessed.result;
    expect(finishReason).toBe('contextFull');
    expect(timings.promptTokens + timings.decodedTokens).toBe(contextCapacity + 1);
  });
});

describe('the embedded model', () => {
  const text =
    'What does this print?\n\n```js\nlet total = 0;\nfor (let i = 1; i < 4; i++) total += i;\nconsole.log(total);\n```';

  it('guesses most of its tokens right and says the same', async () => {
    await engine.load({ path: EMBEDDED, speculation: 'on' });
    for (const sampling of [GREEDY, sampled(3, 0.6)]) {
      const ask = (speculation: 'off' | 'on') =>
        collect(engine, question(text, { speculation, sampling, maxTokens: 300 }));
      const [plain, guessed] = [await ask('off'), await ask('on')];
      expect(guessed.result.answer).not.toBe('');
      expect(saidBy(guessed)).toEqual(saidBy(plain));
      const { drafted = 0, accepted = 0 } = guessed.result.timings.speculation ?? {};
      // Measured 0.94; a model that is trained anew has some room.
      expect(accepted / drafted).toBeGreaterThan(0.7);
    }
  });
});

describe('a model that was loaded without its draft', () => {
  it('answers all the same when it is asked to guess', async () => {
    await engine.load({ path: file, speculation: 'off', contextTokens: 512 });
    const { plain, guessed } = await bothWays({ sampling: GREEDY, maxTokens: 20 });
    expect(saidBy(guessed)).toEqual(saidBy(plain));
    expect(guessed.result.timings.speculation).toBeUndefined();
  });
});
