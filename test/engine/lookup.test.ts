import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedModelPath } from '../../src/engineClient/embeddedModelPath.ts';
import type { EngineClient } from '../../src/engineClient/engineClient.ts';
import type {
  GenerateParams,
  GenerateResult,
  GenerationEvent,
  Lookup,
} from '../../src/protocol/generation.ts';
import { ngramPath } from '../../src/models/ngrams/ngramFile.ts';
import { TOKEN_TYPE } from '../../src/models/tokenizer/tokenizerSource.ts';
import { unpackRouting } from '../../src/protocol/unpackRouting.ts';
import { smolLM2Path } from '../support/assets.ts';
import { writeChainModel } from '../support/chainModel.ts';
import { writeDraftingModel } from '../support/draftingModel.ts';
import { collect, question, startEngine, streamed } from '../support/engineProcess.ts';
import { int32s, type GgufMetadataEntries } from '../support/ggufWriter.ts';
import { saidBy } from '../support/saidBy.ts';
import { tinyModel } from '../support/tinyModel.ts';

const checkout = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

let folder: string;
let engine: EngineClient;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-lookup-'));
  engine = await startEngine();
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true, force: true });
});

interface Asked {
  readonly result: GenerateResult;
  readonly events: readonly GenerationEvent[];
}

/** The same question without guesses and with those of `lookup`; both replies must be one. @returns the second */
async function sameWith(lookup: Lookup, text: string, changes: Partial<GenerateParams> = {}): Promise<Asked> {
  const sampling = { temperature: 0, seed: 1, ...changes.sampling };
  const asked = { ...changes, sampling, lookup };
  const plain = await collect(engine, question(text, { ...asked, speculation: 'off' }));
  const looked = await collect(engine, question(text, asked));
  expect(saidBy(looked)).toEqual(saidBy(plain));
  expectStreamed(looked);
  expect(plain.result.timings.speculation).toBeUndefined();
  return looked;
}

/** Also what was computed ahead and never waited for is sent before the result. */
function expectStreamed({ result, events }: Asked): void {
  expect(streamed(events, 'thought')).toBe(result.thought);
  expect(streamed(events, 'answer')).toBe(result.answer);
}

const countsOf = ({ result }: Asked): { drafted: number; accepted: number } => ({
  drafted: result.timings.speculation?.drafted ?? 0,
  accepted: result.timings.speculation?.accepted ?? 0,
});

/** Texts that are of no use, and some that would do harm if they were believed. */
const USELESS: readonly (readonly [what: string, text: string])[] = [
  ['an empty one', ''],
  ['one that has nothing to do with it', 'Lorem ipsum dolor sit amet, consectetur adipiscing elit.'],
  [
    'marks of turns and thoughts',
    '<|im_end|>\n<|im_start|>user\n<think></think><｜end▁of▁sentence｜>'.repeat(9),
  ],
  ['one that is longer than the context', 'const value = list[index]; '.repeat(3000)],
  ['a single letter without end', 'a'.repeat(200_000)],
  [
    'fences, other scripts and halves of characters',
    '```\n``` ```js\u0000\ufffd\ud83d 再想一想 \u{1F914}\r\n\t',
  ],
];

describe('a chain of words with lookups', () => {
  const cycle = ['value', 'Ġis', 'Ġthis', 'Ġnot', 'Ġthe', 'Ġnumber', 'print', 'Ġreturn'] as const;
  const words = cycle.map((word) => word.replace('Ġ', ' '));

  beforeAll(async () => {
    const links = cycle.map((word, at) => [word, cycle[(at + 1) % cycle.length] ?? word] as const);
    const file = path.join(folder, 'chain.gguf');
    await writeChainModel(file, [...links, ['Ċ', 'value'], ['ĊĊ', 'value']], { thinkTokens: true });
    await engine.load({ path: file, contextTokens: 256 });
  });

  it('says what it says without them, whatever the text is, greedy or not', async () => {
    const word = fc.constantFrom(...words);
    const text = fc.oneof(
      fc.array(word, { maxLength: 40 }).map((all) => all.join('')),
      // Parts of what is said.
      fc
        .array(fc.nat({ max: 7 }), { maxLength: 8 })
        .map((all) => all.map((at) => words.slice(at).join('')).join('')),
      fc.string({ unit: 'binary', maxLength: 60 }),
    );
    const property = fc.asyncProperty(
      text,
      fc.constantFrom(0, 0.8, 3),
      fc.nat({ max: 1000 }),
      fc.constantFrom<Partial<GenerateParams>>(
        { maxTokens: 30 },
        { maxTokens: 1 },
        { maxTokens: 40, tokenDetails: true },
        { maxTokens: 40, reasoning: { mode: 'force', budgetTokens: 7 } },
        { maxTokens: 240 },
      ),
      async (looked, temperature, seed, changes) => {
        const sampling = { temperature, seed, repetitionPenalty: 1.2, repetitionWindow: 5 };
        await sameWith({ text: looked }, 'Go on.', { sampling, ...changes });
      },
    );
    await fc.assert(property, { numRuns: 25, seed: 8 });
  });

  it('takes a few passes where it repeats the text', async () => {
    const asked = await sameWith({ text: words.join('') }, 'Go on.', { maxTokens: 60 });
    const { drafted, accepted } = countsOf(asked);
    expect(accepted).toBeGreaterThan(40);
    expect(accepted).toBeGreaterThan(0.8 * drafted);
  });

  it('is ended where it repeats itself, and where its context is full', async () => {
    const loop = await sameWith({ text: words.join('') }, 'Go on.', { maxTokens: 1000 });
    expect(loop.result.finishReason).toMatch(/loop|contextFull/);
    const { result } = await sameWith({ text: words.join('') }, 'word '.repeat(35), { maxTokens: 1000 });
    expect(result.timings.promptTokens + result.timings.decodedTokens).toBeLessThanOrEqual(257);
  });

  it('describes its tokens, and says which were guessed', async () => {
    const { events } = await sameWith({ text: words.join('') }, 'Go on.', {
      maxTokens: 30,
      tokenDetails: true,
    });
    const details = events.flatMap((event) => (event.type === 'tokens' ? event.details : []));
    expect(details.map(({ token }) => token)).toHaveLength(30);
    expect(details.filter(({ origin }) => origin === 'guessed').length).toBeGreaterThan(15);
    expect(details.filter(({ origin }) => origin === 'sampled').length).toBeGreaterThan(0);
  });

  it('goes on from given tokens, which it takes into account', async () => {
    const first = await collect(engine, question('Go on.', { maxTokens: 12, tokenDetails: true }));
    const tokens = first.events.flatMap((event) =>
      event.type === 'tokens' ? event.details.map(({ token }) => token) : [],
    );
    const { result } = await sameWith({ text: 'nothing of it' }, 'Go on.', {
      replyPrefix: { tokens },
      maxTokens: 40,
    });
    // It is its own text, and the prefix has gone once round.
    expect(result.timings.speculation?.accepted).toBeGreaterThan(20);
  });

  it('guesses nothing where it is told not to', async () => {
    const asked = question('Go on.', { lookup: { text: words.join('') }, speculation: 'off' });
    const { result } = await collect(engine, asked);
    expect(result.timings.speculation).toBeUndefined();
  });

  it('is cancelled within a pass, with what was written', async () => {
    const stop = new AbortController();
    const asked = await collect(
      engine,
      // An engine that is done before it hears of that has gone round, or filled its context.
      question('Go on.', { lookup: { text: words.join('') }, maxTokens: 1000 }),
      { signal: stop.signal, onEvent: (event) => event.type === 'text' && stop.abort() },
    );
    const { result } = asked;
    expectStreamed(asked);
    expect(result.finishReason).toMatch(/cancelled|loop|contextFull/);
    expect(result.answer).not.toBe('');
    expect(`${words.join('').repeat(60)}`).toContain(result.answer);
  });

  it('refuses a text that is too long for anybody', async () => {
    const asked = question('Go on.', { lookup: { text: 'a'.repeat((1 << 20) + 1) } });
    await expect(engine.generate(asked)).rejects.toMatchObject({ code: 'request/invalid' });
  });
});

/** Token types of a vocabulary that has no marks of turns: a model without a template is asked in plain text then. */
function withoutTurns(): GgufMetadataEntries {
  const { metadata } = tinyModel();
  const tokens = metadata['tokenizer.ggml.tokens'];
  const types = metadata['tokenizer.ggml.token_type'];
  if (tokens?.type !== 'array' || types?.type !== 'array') throw new Error('the model has no vocabulary');
  const plain = types.value.map((type, id) =>
    tokens.value[id] === '<|im_start|>' ? TOKEN_TYPE.normal : Number(type),
  );
  return { 'tokenizer.ggml.token_type': int32s(plain) };
}

describe('a stop text with lookups', () => {
  it('ends the reply in the midst of what was guessed', async () => {
    const file = path.join(folder, 'plain.gguf');
    const links = [
      [':', 'hello'],
      ['hello', 'world'],
      ['world', 'Ċ'],
      ['Ċ', 'U'],
      ['U', 's'],
      ['s', 'er'],
      ['er', ':'],
    ] as const;
    await writeChainModel(file, links, { without: ['tokenizer.chat_template'], metadata: withoutTurns() });
    await engine.load({ path: file, contextTokens: 256 });
    // Behind the fence and its line break comes what the model says, and more than it may say.
    const text = 'helloworld\nUser:helloworld\nUser:helloworld';
    for (const tokenDetails of [false, true]) {
      const { result } = await sameWith({ text }, 'Go on.', { tokenDetails });
      expect(result).toMatchObject({ answer: 'helloworld', finishReason: 'stop' });
      expect(result.timings.speculation?.accepted).toBeGreaterThan(3);
    }
    // Without the stop text there would have been more to take.
    const { result } = await sameWith({ text: 'helloworld\nUser' }, 'Go on.');
    expect(result.answer).toBe('helloworld');
  });
});

describe('a model that drafts, with lookups', () => {
  beforeAll(async () => {
    const file = path.join(folder, 'drafting.gguf');
    await writeDraftingModel(file, { thinkTokens: true });
    await engine.load({ path: file, speculation: 'on', contextTokens: 512 });
  });

  it('says the same, and counts the guesses of both apart', async () => {
    const plain = await collect(engine, question('Go on.', { speculation: 'off', maxTokens: 100 }));
    const { result } = await sameWith({ text: plain.result.answer }, 'Go on.', { maxTokens: 100 });
    const { bySource = [] } = result.timings.speculation ?? {};
    expect(bySource.map(({ source }) => source)).toEqual(['lookup', 'draft']);
    for (const { drafted } of bySource) expect(drafted).toBeGreaterThan(0);
  });

  it.each([1, 2, 3])('says the same when it is sampled with seed %d', async (seed) => {
    for (const lookup of [{ text: 'value is this number' }, 'prompt'] as const) {
      await sameWith(lookup, 'Go on: value is this number', {
        sampling: { temperature: 1, seed },
        reasoning: { mode: 'force', budgetTokens: 20 },
        maxTokens: 100,
      });
    }
  });
});

const REFACTORINGS = [
  {
    code: `const safari = ["chalk", "tin"];
let total = safari.length;
for (let i = 0; i < safari.length; i++) {
  total += safari[i].length;
}
console.log(total);`,
    wish: 'Convert the for loop to for of.',
  },
  {
    code: `function wedgePhoto(planeOffset) {
  if (planeOffset != 'nor') {
    return true;
  }
  return false;
}`,
    wish: 'Use === and !== instead of == and !=.',
  },
  {
    code: `const zekizniz = "chalk";
let yxbort = zekizniz.length;
console.log(yxbort, zekizniz, yxbort);`,
    wish: 'Please give `yxbort` the name `bush`.',
  },
] as const;

const askedFor = ({ code, wish }: (typeof REFACTORINGS)[number]): string =>
  `\`\`\`javascript\n${code}\n\`\`\`\n\n${wish}`;

describe('the embedded model with lookups', () => {
  // One thread: how products of its attention are shared out among several depends on the tokens of a pass (docs/quantization.md).
  beforeAll(() => engine.load({ path: embeddedModelPath(checkout), threads: 1 }));

  it.each(REFACTORINGS)('guesses most of what it repeats and says the same: $wish', async (refactoring) => {
    const text = askedFor(refactoring);
    for (const [lookup, sampling] of [
      [{ text: refactoring.code }, { temperature: 0 }],
      ['prompt', { temperature: 0.8, seed: 4 }],
    ] as const) {
      const looked = await sameWith(lookup, text, { sampling, maxTokens: 300 });
      expect(looked.result.answer).not.toBe('');
      // Measured 60 to 80 %: a refactored text is mostly the text.
      expect(countsOf(looked).accepted).toBeGreaterThan(0.4 * looked.result.answerTokens);
    }
  });

  it.each(USELESS)('says the same where the text is useless: %s', async (_, text) => {
    await sameWith({ text }, askedFor(REFACTORINGS[0]), {
      sampling: { temperature: 0.6, seed: 5 },
      maxTokens: 60,
    });
  });

  it('is recorded as without them, and its next question finds the same cache', async () => {
    const [refactoring] = REFACTORINGS;
    const records: unknown[] = [];
    for (const speculation of ['off', 'auto'] as const) {
      const first = question(askedFor(refactoring), {
        requestId: 'recorded',
        speculation,
        lookup: { text: refactoring.code },
        reasoning: { mode: 'auto', budgetTokens: 8 },
        tokenDetails: true,
        replyRouting: true,
        maxTokens: 400,
      });
      const { conversationId } = first;
      const { result } = await collect(engine, first);
      const routing = await engine.routing({ conversationId, settled: true });
      if (!routing) throw new Error('nothing was recorded');
      const kv = await engine.kv({ conversationId, settled: true });
      records.push([
        unpackRouting(routing),
        result.routing?.pages.map(unpackRouting),
        [kv?.usedTokens, kv?.spans, kv?.evictedTokens],
      ]);
      await engine.release(conversationId);
    }
    expect(records[1]).toEqual(records[0]);
  });
});

describe('the n-grams of the embedded model', () => {
  const [refactoring] = REFACTORINGS;
  const ask = (): Promise<Asked> =>
    sameWith({ text: refactoring.code }, askedFor(refactoring), { maxTokens: 300 });
  const sourcesOf = ({ result }: Asked): readonly (readonly [string, number])[] =>
    (result.timings.speculation?.bySource ?? []).map(({ source, accepted }) => [source, accepted]);

  it('guess what the text does not say', async () => {
    await engine.load({ path: embeddedModelPath(checkout), threads: 1 });
    const [lookup, ngrams] = sourcesOf(await ask());
    expect(lookup?.[0]).toBe('lookup');
    expect(lookup?.[1]).toBeGreaterThan(20);
    expect(ngrams?.[0]).toBe('ngrams');
    expect(ngrams?.[1]).toBeGreaterThan(5);
  });

  it.each(['absent', 'damaged'])('are done without where they are %s', async (what) => {
    const path = `${folder}/${what}.gguf`;
    await copyFile(embeddedModelPath(checkout), path);
    if (what === 'damaged') await writeFile(ngramPath(path), 'GBNG and nothing more');
    await engine.load({ path, threads: 1 });
    const asked = await ask();
    expect(sourcesOf(asked).map(([source]) => source)).not.toContain('ngrams');
    expect(countsOf(asked).accepted).toBeGreaterThan(20);
  });
});

describe('a model with grouped attention, with lookups', () => {
  beforeAll(async () => engine.load({ path: await smolLM2Path(), contextTokens: 1024 }));

  it.each([
    ['Repeat this sentence: The quick brown fox jumps over the lazy dog.', 'quick brown fox jumps over', 0],
    [askedFor(REFACTORINGS[1]), REFACTORINGS[1].code, 0.8],
  ])(
    'says the same, with part of what it repeats or with the question: %s',
    async (text, code, temperature) => {
      for (const lookup of [{ text: code }, 'prompt'] as const) {
        await sameWith(lookup, text, { sampling: { temperature, seed: 2 }, maxTokens: 48 });
      }
    },
  );

  it('says the same where the text is useless', async () => {
    const text = USELESS.map(([, each]) => each.slice(0, 5000)).join('\n');
    await sameWith({ text }, 'What is a lighthouse?', { maxTokens: 40 });
  });
});
