import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConversationRecords } from '../../src/cli/readRecords.ts';
import { ChatPrompts } from '../../src/engine/chatPrompts.ts';
import type { EngineClient } from '../../src/engineClient/engineClient.ts';
import { openModel } from '../../src/models/openModel.ts';
import { createTokenizer } from '../../src/models/tokenizer/createTokenizer.ts';
import type { LoadedModel } from '../../src/protocol/engine.ts';
import type { ChatMessage, GenerateParams, GenerateResult } from '../../src/protocol/generation.ts';
import type { RecordsChanged } from '../../src/protocol/records.ts';
import { PHASES, type Phase } from '../../src/protocol/records.ts';
import { type Routing, unpackRouting, unpackUint32 } from '../../src/protocol/unpackRouting.ts';
import { cliPath, collect, question, startEngine } from '../support/engineProcess.ts';
import { ReferenceModel } from '../support/referenceModel.ts';
import { TINY_VARIANTS } from '../support/tinyVariants.ts';
import { writeTinyModel } from '../support/tinyModel.ts';

/*
 * What the engine recorded of a random model with everything that DeepSeek-V3 has, against the routing that the float
 * reference computes for the tokens that were read.
 */

const THOUGHT_TOKENS = 9;
const REASONING = { mode: 'force', budgetTokens: THOUGHT_TOKENS } as const;
/** Weights travel as half floats, which moves them by up to 2^-11; single precision moves them by less than that. */
const WEIGHT_TOLERANCE = 2 ** -10;

let folder: string;
let file: string;
let engine: EngineClient;
let model: LoadedModel;
let prompts: ChatPrompts;
let reference: ReferenceModel;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-records-'));
  file = path.join(folder, 'tiny.gguf');
  await writeTinyModel(file, { ...TINY_VARIANTS.V3, layers: 3, thinkTokens: true, contextLength: 512 });
  const opened = await openModel(file);
  prompts = new ChatPrompts(opened, createTokenizer(opened.readTokenizer()), () => new Date(0));
  reference = await ReferenceModel.load(opened.spec, opened.weights);
  await opened.close();
  engine = await startEngine();
  model = await engine.load({ path: file });
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true, force: true });
});

interface Answered {
  readonly result: GenerateResult;
  /** Tokens that the answer's forward passes read, from the first of the prompt on. */
  readonly read: readonly number[];
  readonly promptTokens: number;
  /** What is in the cache once the thought is dropped. */
  readonly history: readonly number[];
  readonly messages: readonly ChatMessage[];
}

/** Asks and works out, without the record, which tokens were read. */
async function ask(
  conversationId: string,
  messages: readonly ChatMessage[],
  changes: Partial<GenerateParams> = {},
  options: Parameters<typeof collect>[2] = {},
): Promise<Answered> {
  const params = question('', {
    conversationId,
    messages: [...messages],
    reasoning: REASONING,
    // Tokens are drawn, because a random model that takes the likeliest one repeats itself.
    sampling: { temperature: 1, topK: 0, topP: 1, minP: 0, seed: 11 },
    maxTokens: THOUGHT_TOKENS + 12,
    tokenDetails: true,
    ...changes,
  });
  const { result, events } = await collect(engine, params, options);
  const prompt = await prompts.prompt(messages, REASONING.mode);
  const chosen = events.flatMap((event) => (event.type === 'tokens' ? event.details : []));
  const written = (channel: Phase): number[] =>
    chosen.filter((detail) => detail.channel === channel).map(({ token }) => token);
  const answered: ChatMessage[] = [...messages, { role: 'assistant', content: result.answer }];
  return {
    result,
    // The last token is chosen, but not read.
    read: [
      ...prompt.tokens,
      // With the tokens that closed it.
      ...written('thought'),
      ...written('answer').slice(0, -1),
    ],
    promptTokens: prompt.tokens.length,
    history: await prompts.history(answered, REASONING.mode),
    messages: answered,
  };
}

async function routingOf(conversationId: string, settled = true): Promise<Routing> {
  const result = await engine.routing({ conversationId, settled });
  if (!result) throw new Error('nothing was recorded');
  return unpackRouting(result);
}

interface Entry {
  readonly position: number;
  readonly token: number;
  readonly phase: Phase;
  readonly evicted: boolean;
  /** `[layers * topK]` */
  readonly experts: readonly number[];
  readonly weights: readonly number[];
}

function entriesOf(routing: Routing): Entry[] {
  const choices = routing.layers.length * routing.topK;
  return Array.from({ length: routing.entries }, (_, i) => ({
    position: routing.positions[i] ?? -1,
    token: routing.tokens[i] ?? -1,
    phase: routing.phases[i] ?? 'prompt',
    evicted: routing.evicted[i] ?? false,
    experts: [...routing.chosen.subarray(i * choices, (i + 1) * choices)],
    weights: [...routing.weights.subarray(i * choices, (i + 1) * choices)],
  }));
}

/** What the reference says of each of `tokens` when they are read one behind the other. */
function expectedFor(tokens: readonly number[]): { experts: number[]; weights: number[] }[] {
  return reference.run(tokens).routing.map((layers) => ({
    experts: layers.flatMap(({ experts }) => experts),
    weights: layers.flatMap(({ weights }) => weights),
  }));
}

/** Positions whose entry is not what reading `tokens` gives, `shift` positions further on. */
function wrongPositions(entries: readonly Entry[], tokens: readonly number[], shift = 0): number[] {
  const expected = expectedFor(tokens);
  return entries
    .filter(({ position, token, experts, weights }) => {
      const own = expected[position + shift];
      if (!own) return false;
      const isNear = weights.every((weight, i) => {
        const exact = own.weights[i] ?? NaN;
        return Math.abs(weight - exact) <= WEIGHT_TOLERANCE * exact;
      });
      return experts.join() !== own.experts.join() || !isNear || (shift === 0 && token !== tokens[position]);
    })
    .map(({ position }) => position);
}

const FIRST: ChatMessage[] = [{ role: 'user', content: 'what is this function value index' }];
const FOLLOW_UP: ChatMessage = { role: 'user', content: 'return a number for the string' };

describe('the routing record', () => {
  it('agrees with the float reference for prompt, dropped thought and answer', async () => {
    const { read, promptTokens, history, result } = await ask('first', FIRST);
    expect(result).toMatchObject({ thoughtEnd: 'budget', finishReason: 'length' });
    const entries = entriesOf(await routingOf('first'));
    const cached = entries.filter(({ evicted }) => !evicted);
    const thought = entries.filter(({ evicted }) => evicted);

    expect(cached.map(({ position }) => position)).toEqual(history.map((_, position) => position));
    expect(wrongPositions(cached, history)).toEqual([]);

    const closing = (await prompts.closingTokens()).length;
    expect(thought.map(({ position }) => position)).toEqual(
      Array.from({ length: THOUGHT_TOKENS + closing }, (_, i) => promptTokens + i),
    );
    expect(thought.every(({ phase }) => phase === 'thought')).toBe(true);
    expect(wrongPositions(thought, read)).toEqual([]);

    const answer = cached.filter(({ phase }) => phase === 'answer').map(({ position }) => position);
    expect(answer.length).toBeGreaterThan(5);
    expect(answer[0]).toBeGreaterThan(0);
    expect(answer).toEqual(answer.map((_, i) => (answer[0] ?? 0) + i));
  });

  it('would not agree if it were shifted by one position', async () => {
    const { read, history } = await ask('shifted', FIRST);
    const entries = entriesOf(await routingOf('shifted'));
    for (const shift of [-1, 1]) {
      const cached = entries.filter(({ evicted }) => !evicted);
      const thought = entries.filter(({ evicted }) => evicted);
      // Some neighbours are the same token.
      expect(wrongPositions(cached, history, shift).length).toBeGreaterThan(0.8 * cached.length);
      expect(wrongPositions(thought, read, shift).length).toBeGreaterThan(0.5 * thought.length);
    }
  });

  it('agrees while the answer is being written, with the thought in the cache', async () => {
    const enough = new AbortController();
    let live: Entry[] = [];
    const look = async (): Promise<void> => {
      const entries = entriesOf(await routingOf('live', false));
      if (live.length > 0 || !entries.some(({ phase }) => phase === 'answer')) return;
      live = entries;
      enough.abort();
    };
    const { read } = await ask(
      'live',
      FIRST,
      { maxTokens: 400 },
      {
        signal: enough.signal,
        onEvent: (event) => void (event.type === 'text' && event.channel === 'answer' && look()),
      },
    );
    expect(live.some(({ phase, evicted }) => phase === 'answer' && !evicted)).toBe(true);
    expect(live.map(({ position }) => position)).toEqual(live.map((_, position) => position));
    expect(wrongPositions(live, read.slice(0, live.length))).toEqual([]);
  });

  it('agrees after a second question that reuses the first, and keeps both thoughts', async () => {
    const first = await ask('second', FIRST);
    const before = entriesOf(await routingOf('second'));
    const { result, read, history } = await ask('second', [...first.messages, FOLLOW_UP]);
    expect(result.timings.reusedTokens).toBeGreaterThan(first.promptTokens);
    const entries = entriesOf(await routingOf('second'));
    expect(entries.slice(0, result.timings.reusedTokens)).toEqual(
      before.slice(0, result.timings.reusedTokens),
    );
    const cached = entries.filter(({ evicted }) => !evicted);
    expect(cached.map(({ position }) => position)).toEqual(history.map((_, position) => position));
    expect(wrongPositions(cached, history)).toEqual([]);
    const thoughts = entries.filter(({ evicted }) => evicted);
    const ownThought = thoughts.filter(({ position }) => position >= result.timings.promptTokens);
    expect(ownThought.length).toBeGreaterThan(0);
    expect(wrongPositions(ownThought, read)).toEqual([]);
    const firstThought = thoughts.filter(({ position }) => position < result.timings.promptTokens);
    expect(firstThought).toEqual(before.filter(({ evicted }) => evicted));
    expect(wrongPositions(firstThought, first.read)).toEqual([]);
  });

  it('counts in its aggregates what its entries say', async () => {
    await ask('counted', FIRST);
    const routing = await routingOf('counted');
    const experts = await engine.experts({ conversationId: 'counted', settled: true });
    if (!experts) throw new Error('nothing was recorded');
    const expected = new Uint32Array(PHASES.length * routing.layers.length * routing.experts);
    for (const { phase, experts: chosen } of entriesOf(routing)) {
      chosen.forEach((expert, i) => {
        const layer = Math.floor(i / routing.topK);
        const at = (PHASES.indexOf(phase) * routing.layers.length + layer) * routing.experts + expert;
        expected[at] = (expected[at] ?? 0) + 1;
      });
    }
    expect(unpackUint32(experts.counts)).toEqual(expected);
    expect(experts.layers).toEqual([1, 2]);
    expect(experts.load.thought.every((load) => load !== null && load.cv > 0)).toBe(true);
  });

  it('is not written when the question says so, which changes nothing of the answer', async () => {
    const recorded = await ask('on', FIRST);
    const unrecorded = await ask('off', FIRST, { records: false });
    expect(unrecorded.result.answer).toBe(recorded.result.answer);
    expect(await routingOf('off')).toMatchObject({ entries: 0 });
    expect(await engine.kv({ conversationId: 'off', settled: true })).toMatchObject({
      usedTokens: unrecorded.history.length,
    });
  });

  it('is unknown for a conversation that does not exist, and goes when it is released', async () => {
    await ask('gone', FIRST);
    await engine.release('gone');
    for (const conversationId of ['gone', 'never']) {
      expect(await engine.routing({ conversationId })).toBeNull();
      expect(await engine.experts({ conversationId })).toBeNull();
      expect(await engine.kv({ conversationId })).toBeNull();
    }
  });

  it('refuses what makes no sense', async () => {
    await ask('asked', FIRST);
    await expect(engine.routing({ conversationId: 'asked', firstPosition: -1 })).rejects.toMatchObject({
      code: 'request/invalid',
    });
    await expect(
      engine.experts({ conversationId: 'asked', coactivation: { layers: [0, 1] } }),
    ).rejects.toMatchObject({ code: 'request/invalid', message: expect.stringContaining('1, 2') });
  });
});

describe('the KV record', () => {
  it('tells what is cached both ways, what was dropped and why, and what was saved', async () => {
    const first = await ask('kv', FIRST);
    const kv = await engine.kv({ conversationId: 'kv', settled: true });
    // Half floats: a latent vector of 64 and a key of 16; 4 heads with keys of 32 + 16 and values of 32.
    expect(kv).toMatchObject({
      bytesPerToken: 3 * 2 * (64 + 16),
      plainBytesPerToken: 3 * 2 * 4 * (32 + 16 + 32),
      usedTokens: first.history.length,
      capacityTokens: model.contextCapacity,
      reusedTokens: 0,
    });
    expect(model).toMatchObject({ kvBytesPerToken: 480, plainKvBytesPerToken: 1920, draftLayers: 1 });
    expect(model.latentAttention).toEqual({ rank: 64, rotaryDim: 16 });
    expect(model.experts).toMatchObject({ layers: 2, routed: 8, topK: 2, gate: 'sigmoid', shared: true });
    expect(kv?.evictions.map(({ reason }) => reason)).toEqual(['thought']);
    expect(kv?.spans.map(({ phase }) => phase)).toEqual(['prompt', 'answer', 'prompt']);

    const second = await ask('kv', [...first.messages, FOLLOW_UP]);
    const after = await engine.kv({ conversationId: 'kv', settled: true });
    expect(after?.sharedPrefixTokens).toBe(second.result.timings.reusedTokens);
    expect(after?.reusedTokens).toBe(second.result.timings.reusedTokens);
    const { model: resident } = await engine.state();
    expect(resident?.kvBytesPerToken).toBe(kv?.bytesPerToken);
  });

  it('tells an edited question from one that goes on', async () => {
    const first = await ask('edited', FIRST);
    await engine.kv({ conversationId: 'edited', settled: true });
    await ask('edited', [{ role: 'user', content: 'what is not this' }]);
    const kv = await engine.kv({ conversationId: 'edited', settled: true });
    expect(kv?.evictions.map(({ reason }) => reason)).toEqual(['thought', 'edit', 'thought']);
    expect(kv?.evictedTokens.edit).toBeLessThan(first.history.length);
  });
});

describe('who watches a conversation', () => {
  it('is told of its changes, the last one included, and of no other', async () => {
    const changes: RecordsChanged[] = [];
    const stop = await engine.watchRecords('watched', (change) => changes.push(change));
    await ask('unwatched', FIRST);
    expect(changes).toEqual([]);
    const { history } = await ask('watched', FIRST);
    await expect.poll(() => changes.at(-1)?.cachedTokens).toBe(history.length);
    const { entries } = await routingOf('watched');
    expect(changes.at(-1)).toEqual({
      conversationId: 'watched',
      cachedTokens: history.length,
      recordedTokens: entries,
    });
    await stop();
    const told = changes.length;
    await ask('watched', [{ role: 'user', content: 'string' }]);
    expect(changes.length).toBe(told);
  });
});

describe('in a terminal', () => {
  const glassbox = (...args: string[]): Promise<{ stdout: string; stderr: string }> => {
    const running = promisify(execFile)(process.execPath, [cliPath, ...args]);
    running.child.stdin?.end();
    return running;
  };
  const asked = (...args: string[]): string[] => [
    ...['ask', '--model', file, '--mode', 'force', '--budget', '5', '--max-tokens', '12', '--seed', '3'],
    ...[...args, 'what is this'],
  ];

  it('ask --experts tells below the answer how even the load was, and what the cache holds', async () => {
    const { stderr } = await glassbox(...asked('--experts'));
    expect(stderr).toMatch(/experts: 2 of 8 a token and layer; tokens: prompt \d+, thought \d+, answer \d+/);
    expect(stderr).toMatch(/\n1 +prompt +\d\.\d\d +\d\.\d\d bits, \d+ % +\d\.\d +\d +\d\n +thought /);
    expect(stderr).toMatch(
      /KV cache: \d+ tokens x 3 layers, latent 80 floats: 480 B a token, plain keys and values would take 1\.92 kB \(4\.0 times\)/,
    );
    expect((await glassbox(...asked())).stderr).not.toContain('experts');
  });

  it('ask --experts --json has the records in it', async () => {
    const { stdout } = await glassbox(...asked('--experts', '--json'));
    const { records } = JSON.parse(stdout) as { records: ConversationRecords };
    const [page] = records.routing;
    if (!page) throw new Error('no routing');
    const entries = entriesOf(unpackRouting(page));
    const cached = entries.filter(({ evicted }) => !evicted);
    expect(cached).toHaveLength(records.kv?.usedTokens ?? NaN);
    expect(records.experts?.tokens.thought).toBe(entries.length - cached.length);
    const history = cached.map(({ token }) => token);
    expect(wrongPositions(cached, history)).toEqual([]);
  });

  it('inspect tells experts, the latent cache and the draft', async () => {
    const { stdout } = await glassbox('inspect', file);
    expect(stdout).toMatch(
      /experts +8 in each of 2 of 3 layers, 2 a token, from 2 of 4 groups, sigmoid gate/,
    );
    expect(stdout).toMatch(/KV cache +480 B a token, latent 64 \+ 16 floats a layer/);
    expect(stdout).toMatch(/draft layers +1 /);
  });
});
