import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedModelPath } from '../../src/engineClient/embeddedModelPath.ts';
import type { EngineClient } from '../../src/engineClient/engineClient.ts';
import type { LoadedModel } from '../../src/protocol/engine.ts';
import type {
  GenerateParams,
  GenerateResult,
  GenerationEvent,
  TokenDetail,
} from '../../src/protocol/generation.ts';
import { unpackRouting } from '../../src/protocol/unpackRouting.ts';
import { collect, question, startEngine, streamed } from '../support/engineProcess.ts';

const checkout = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const TEXT = `Show me the output of this program.

\`\`\`javascript
let beach = 1;
for (let i = 0; i < 2; i++) {
  beach += 1;
}
console.log(beach);
\`\`\``;

let engine: EngineClient;
let model: LoadedModel;

beforeAll(async () => {
  engine = await startEngine();
  model = await engine.load({ path: embeddedModelPath(checkout) });
});
afterAll(() => engine.dispose());

interface Asked {
  readonly result: GenerateResult;
  readonly events: readonly GenerationEvent[];
  readonly details: readonly TokenDetail[];
}

/** The same question each time, greedy, with all that a trace needs. */
async function ask(changes: Partial<GenerateParams> = {}): Promise<Asked> {
  const params = question(TEXT, { tokenDetails: true, replyRouting: true, maxTokens: 300, ...changes });
  const { result, events } = await collect(engine, params);
  return {
    result,
    events,
    details: events.flatMap((event) => (event.type === 'tokens' ? event.details : [])),
  };
}

const idsOf = ({ details }: Asked): number[] => details.map(({ token }) => token);
const textsOf = ({ result }: Asked): unknown => {
  const { thought, answer, thoughtTokens, answerTokens, thoughtEnd, finishReason } = result;
  return { thought, answer, thoughtTokens, answerTokens, thoughtEnd, finishReason };
};

describe('a reply that begins with given tokens', () => {
  let first: Asked;

  beforeAll(async () => {
    first = await ask();
    expect(first.result).toMatchObject({ finishReason: 'stop', thoughtEnd: 'model' });
  });

  it.each([
    ['early in the thought', 0.1],
    ['late in the thought', 0.7],
    ['in the answer', 1],
  ])('is the earlier one again when it goes on from a token of it, %s', async (_, share) => {
    const ids = idsOf(first);
    const kept = Math.max(1, Math.ceil(ids.length * share) - 2);
    const again = await ask({ replyPrefix: { tokens: ids.slice(0, kept) } });
    expect(textsOf(again)).toEqual(textsOf(first));
    expect(idsOf(again)).toEqual(ids);
    expect(again.details.slice(0, kept).every(({ origin }) => origin === 'forced')).toBe(true);
    expect(again.details.slice(kept).every(({ origin }) => origin === 'sampled')).toBe(true);
    // Its last given token is asked about like any other, those before it are only read.
    expect(again.details[kept - 1]?.alternatives[0]?.token).toBe(ids[kept - 1]);
    expect(again.details.slice(0, kept - 1).every(({ logProbability }) => logProbability === null)).toBe(
      true,
    );
    expect(again.result.timings).toMatchObject({
      promptTokens: first.result.timings.promptTokens + kept - 1,
      decodedTokens: first.result.timings.decodedTokens - kept + 1,
    });
    expect(streamed(again.events, 'thought')).toBe(again.result.thought);
    expect(streamed(again.events, 'answer')).toBe(again.result.answer);
  });

  it('is the earlier one again at a temperature, too: each place of a reply has its own random number', async () => {
    // The model is so sure of itself that it takes much to make it choose otherwise.
    const sampling = { temperature: 3, topK: 0, topP: 1, minP: 0, seed: 7 };
    const reasoning = { mode: 'auto', budgetTokens: 12 } as const;
    const warm = await ask({ sampling, reasoning, maxTokens: 60 });
    const ids = idsOf(warm);
    const closing = warm.details.findIndex(({ origin }) => origin === 'forced');
    // In the thought, and behind the tokens that closed it, which nobody drew.
    for (const kept of [5, closing + 4]) {
      const replyPrefix = { tokens: ids.slice(0, kept), thoughtEnd: 'budget' } as const;
      const again = await ask({ sampling, reasoning, maxTokens: 60, replyPrefix });
      expect(idsOf(again)).toEqual(ids);
    }
    const another = await ask({ sampling: { ...sampling, seed: 8 }, reasoning, maxTokens: 60 });
    expect(idsOf(another)).not.toEqual(ids);
  });

  it('goes on behind another token than the model chose', async () => {
    const ids = idsOf(first);
    const at = Math.floor(ids.length / 3);
    const alternative = first.details[at]?.alternatives[1];
    if (!alternative) throw new Error('the token has no alternatives');
    const branch = await ask({ replyPrefix: { tokens: [...ids.slice(0, at), alternative.token] } });
    expect(idsOf(branch).slice(0, at + 1)).toEqual([...ids.slice(0, at), alternative.token]);
    expect(branch.details[at]).toMatchObject({ origin: 'forced', text: alternative.text });
    // Read in one pass with others, a token's logits differ by rounding only.
    expect(branch.details[at]?.logProbability).toBeCloseTo(alternative.logProbability, 2);
    expect(idsOf(branch).length).toBeGreaterThan(at + 1);
  });

  it('counts what was given against its limit', async () => {
    const ids = idsOf(first);
    const last = await ask({ replyPrefix: { tokens: ids }, maxTokens: ids.length });
    expect(last.result).toMatchObject({ answer: first.result.answer, finishReason: 'length' });
    expect(idsOf(last)).toEqual(ids);
  });

  it('closes a thought where it was closed for the model before, and says why', async () => {
    const reasoning = { mode: 'auto', budgetTokens: 12 } as const;
    const cut = await ask({ reasoning });
    expect(cut.result).toMatchObject({ thoughtEnd: 'budget', thoughtTokens: 12 });
    const forced = cut.details.filter(({ origin }) => origin === 'forced');
    expect(forced.map(({ text }) => text).join('')).toBe('\n</think>\n\n');
    expect(
      forced.every(({ channel, alternatives }) => channel === 'thought' && alternatives.length === 0),
    ).toBe(true);
    const tokens = idsOf(cut).slice(0, 12 + forced.length + 1);
    const again = await ask({ reasoning, replyPrefix: { tokens, thoughtEnd: 'budget' } });
    expect(textsOf(again)).toEqual(textsOf(cut));
  });

  it('has the routing of its own passes, whatever becomes of the cache', async () => {
    const { routing } = first.result;
    if (!routing) throw new Error('nothing was recorded');
    const pages = routing.pages.map((page) => unpackRouting(page));
    const entries = pages.flatMap((page) =>
      Array.from(page.positions, (position, entry) => [position - routing.firstPosition, page.tokens[entry]]),
    );
    // What ends the reply is neither part of it nor read.
    expect(entries).toEqual(idsOf(first).map((token, index) => [index, token]));
    expect(pages[0]?.phases.slice(0, 3)).toEqual(['thought', 'thought', 'thought']);
    expect(pages.at(-1)?.phases.at(-1)).toBe('answer');
  });

  it('is refused with tokens that the model does not have', async () => {
    await expect(ask({ replyPrefix: { tokens: [model.vocabularySize] } })).rejects.toMatchObject({
      code: 'request/invalid',
    });
    await expect(ask({ replyPrefix: { tokens: [] } })).rejects.toMatchObject({ code: 'request/invalid' });
    await expect(ask({ replyPrefix: { tokens: [1.5] } })).rejects.toMatchObject({ code: 'request/invalid' });
  });
});
