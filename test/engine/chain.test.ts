import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineClient } from '../../src/engineClient/engineClient.ts';
import type { GenerateParams, GenerationEvent } from '../../src/protocol/generation.ts';
import { collect, question, startEngine } from '../support/engineProcess.ts';
import { writeChainModel } from '../support/chainModel.ts';

/*
 * Models that say the same on every processor, so that whole transcripts can be compared. What they say is absurd;
 * everything around them is the real engine.
 */

let folder: string;
let engine: EngineClient;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-chain-'));
  engine = await startEngine();
});
afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Asks a model that answers by `links`; every prompt and every closed thought ends with a line break. */
async function transcriptOf(
  links: readonly (readonly [string, string])[],
  changes: Partial<GenerateParams> = {},
  thinkTokens = false,
): Promise<{
  readonly transcript: string[];
  readonly result: Awaited<ReturnType<typeof collect>>['result'];
}> {
  const file = path.join(folder, `${JSON.stringify([links, thinkTokens]).replaceAll(/[^a-z]/g, '-')}.gguf`);
  await writeChainModel(file, links, { thinkTokens });
  await engine.load({ path: file });
  const { result, events } = await collect(engine, question('Go on.', { maxTokens: 1500, ...changes }));
  return { transcript: linesOf(events), result };
}

const start = (next: string) => [['Ċ', next] as const, ['ĊĊ', next] as const];

describe('the transcript of a model', () => {
  it('that just answers', async () => {
    const { transcript, result } = await transcriptOf([
      ...start('hello'),
      ['hello', 'world'],
      ['world', '<|im_end|>'],
    ]);
    expect(transcript).toEqual(['prompt', 'prefill', 'answer helloworld']);
    expect(result).toMatchObject({ answer: 'helloworld', answerTokens: 2, finishReason: 'stop' });
  });

  const thinking = [
    ...start('<think>'),
    ['<think>', 'value'],
    ['value', 'Ġis'],
    ['Ġis', 'Ġthis'],
    ['Ġthis', '</think>'],
    ['</think>', 'hello'],
    ['hello', '<|im_end|>'],
  ] as const;

  it('that thinks by itself', async () => {
    const { transcript, result } = await transcriptOf(thinking, {}, true);
    expect(transcript).toEqual([
      'prompt',
      'prefill',
      'thoughtStart',
      'thought value is this',
      'thoughtEnd model after 5 tokens',
      'answer hello',
    ]);
    expect(result).toMatchObject({
      thought: 'value is this',
      answer: 'hello',
      thoughtTokens: 5,
      answerTokens: 1,
    });
    // Both tags and the end were sampled.
    expect(result.timings.decodedTokens).toBe(7);
  });

  it('whose thought is interrupted by its budget: what follows is what the model says after the closing tag', async () => {
    const links = [...start('value'), ['value', 'Ġis'], ['Ġis', 'Ġthis'], ['Ġthis', '<|im_end|>']] as const;
    const reasoning = { mode: 'force', budgetTokens: 2 } as const;
    const { transcript } = await transcriptOf(links, { reasoning });
    expect(transcript).toEqual([
      'prompt',
      'prefill',
      'thoughtStart forced',
      'thought value is',
      'thoughtEnd budget after 2 tokens',
      'answer value is this',
    ]);
  });

  it('that ends its reply inside the thought is asked for an answer once', async () => {
    const links = [...start('hello'), ['hello', '<|im_end|>']] as const;
    const { transcript, result } = await transcriptOf(links, { reasoning: { mode: 'force' } });
    expect(transcript).toEqual([
      'prompt',
      'prefill',
      'thoughtStart forced',
      'thought hello',
      'thoughtEnd model after 1 tokens',
      'answer hello',
    ]);
    expect(result.finishReason).toBe('stop');
  });

  const endless = [...start('array'), ['array', 'Ġif'], ['Ġif', 'Ġnot'], ['Ġnot', 'array']] as const;

  it('that repeats itself in its answer is ended', async () => {
    const { result } = await transcriptOf(endless);
    expect(result.finishReason).toBe('loop');
    expect(result.answer).toMatch(/^(array if not)+/);
    expect(result.timings.decodedTokens).toBeLessThan(1500);
  });

  it('that repeats itself in its thought gets to answer', async () => {
    const { result } = await transcriptOf(endless, { reasoning: { mode: 'force', budgetTokens: 0 } });
    expect(result).toMatchObject({ thoughtEnd: 'loop', finishReason: 'loop' });
    expect(result.answer).toMatch(/^array if not/);
  });

  it('whose thought is cut off by the token limit calls it unfinished', async () => {
    const { result } = await transcriptOf(endless, {
      reasoning: { mode: 'force', budgetTokens: 0 },
      maxTokens: 5,
    });
    expect(result).toMatchObject({
      thoughtEnd: 'unfinished',
      finishReason: 'length',
      thoughtTokens: 5,
      answer: '',
    });
  });

  it('whose context is full says so', async () => {
    const file = path.join(folder, 'full.gguf');
    await writeChainModel(file, endless);
    const { contextCapacity } = await engine.load({ path: file, contextTokens: 128 });
    const { maxTokens: _, ...unlimited } = question('Go on.');
    const { result } = await collect(engine, unlimited);
    expect(result.finishReason).toBe('contextFull');
    // The last token is chosen from the full cache and needs no place in it.
    expect(result.timings.promptTokens + result.timings.decodedTokens).toBe(contextCapacity + 1);
  });

  it('that thinks by itself can be told not to', async () => {
    const links = [...thinking, ['world', '<|im_end|>']] as const;
    const { transcript } = await transcriptOf(
      [...links.filter(([after]) => !after.startsWith('Ċ')), ...start('world')],
      { reasoning: { mode: 'off' } },
      true,
    );
    expect(transcript).toEqual(['prompt', 'prefill', 'answer world']);
  });
});

/** Events as lines a person can read; the text of neighbours of one channel is joined, measured times are left out. */
function linesOf(events: readonly GenerationEvent[]): string[] {
  const lines: string[] = [];
  for (const event of events) {
    if (event.type === 'speed') continue;
    const last = lines.at(-1);
    if (event.type === 'text') {
      if (last?.startsWith(`${event.channel} `)) lines[lines.length - 1] = last + event.text;
      else lines.push(`${event.channel} ${event.text}`);
    } else if (event.type === 'thoughtEnd') {
      lines.push(`thoughtEnd ${event.reason} after ${event.tokens} tokens`);
    } else {
      const line = event.type === 'thoughtStart' && event.forced ? 'thoughtStart forced' : event.type;
      if (last !== line) lines.push(line);
    }
  }
  return lines;
}
