import { describe, expect, it } from 'vitest';
import { KvCache, type CacheObserver } from '../../../../src/engine/kvCache.ts';
import type { Recording, TokenLabel } from '../../../../src/engine/records/tokenLabel.ts';
import { Sampler } from '../../../../src/engine/sampling/sampler.ts';
import type { Decoder, DecodeStep } from '../../../../src/engine/speculation/decoder.ts';
import { PlainDecoder } from '../../../../src/engine/speculation/plainDecoder.ts';
import { DraftGuesser } from '../../../../src/engine/speculation/draftGuesser.ts';
import { SpeculativeDecoder } from '../../../../src/engine/speculation/speculativeDecoder.ts';
import { chiSquare, chiSquareBound } from '../sampling/chiSquare.ts';
import { MarkovSequence, type Transitions } from './markovSequence.ts';

const MODEL: Transitions = [
  [0.1, 0.6, 0.2, 0.1],
  [0.25, 0.25, 0.4, 0.1],
  [0.05, 0.05, 0.1, 0.8],
  [0.7, 0.1, 0.1, 0.1],
];
/** Near the model behind tokens 0 and 1, wrong behind 2, opposed behind 3. */
const DRAFT: Transitions = [
  [0.15, 0.55, 0.2, 0.1],
  [0.25, 0.25, 0.3, 0.2],
  [0.4, 0.4, 0.1, 0.1],
  [0.01, 0.01, 0.01, 0.97],
];

const THOUGHT = recording('thought');
const ANSWER = recording('answer');

function recording(phase: TokenLabel['phase']): Recording {
  return { labelAt: () => ({ phase, question: 0 }), routing: true };
}

const step = (tokens: readonly number[], changes: Partial<DecodeStep> = {}): DecodeStep => ({
  tokens,
  recording: THOUGHT,
  nextRecording: THOUGHT,
  room: Infinity,
  signal: new AbortController().signal,
  ...changes,
});

const sampler = (temperature: number, seed = 1): Sampler =>
  new Sampler(4, {
    temperature,
    topK: 0,
    topP: 1,
    minP: 0,
    repetitionPenalty: 1.1,
    repetitionWindow: 4,
    seed,
  });

interface Decoding {
  readonly sequence: MarkovSequence;
  readonly cache: KvCache;
  readonly sampler: Sampler;
  readonly decoder: Decoder;
}

async function begin(
  how: 'plain' | 'speculative',
  options: {
    temperature?: number;
    seed?: number;
    draft?: Transitions;
    capacity?: number;
    observer?: CacheObserver;
  } = {},
): Promise<Decoding> {
  const sequence = new MarkovSequence(MODEL, options.draft ?? DRAFT, options.capacity);
  const cache = new KvCache(sequence, options.observer);
  await cache.append([0, 1, 2]);
  const chooses = sampler(options.temperature ?? 1, options.seed);
  const decoder =
    how === 'plain'
      ? new PlainDecoder(cache, { exactRows: true })
      : new SpeculativeDecoder(cache, new DraftGuesser(sequence.draft, chooses));
  return { sequence, cache, sampler: chooses, decoder };
}

/** A reply of `count` tokens that begins with token 0. */
async function reply({ decoder, sampler: chooses }: Decoding, count: number): Promise<number[]> {
  const tokens = [0];
  while (tokens.length < count) {
    const token = tokens.at(-1) ?? 0;
    chooses.accept(token);
    tokens.push(chooses.sample(await decoder.advance(step([token]))));
  }
  decoder.end();
  return tokens;
}

describe('decoding with guesses', () => {
  it.each([0, 0.7, 1, 2])('says what decoding without says, at temperature %d', async (temperature) => {
    for (const seed of [1, 2, 3]) {
      const plain = await begin('plain', { temperature, seed });
      const speculative = await begin('speculative', { temperature, seed });
      const expected = await reply(plain, 400);
      expect(await reply(speculative, 400)).toEqual(expected);
      expect(speculative.cache.tokens).toEqual(plain.cache.tokens);
      expect(speculative.sequence.length).toBe(plain.sequence.length);
    }
  });

  it('follows the distribution of the model, not that of the draft', async () => {
    const decoding = await begin('speculative', { draft: MODEL.map(() => [0.97, 0.01, 0.01, 0.01]) });
    const counts = MODEL.map((row) => row.map(() => 0));
    // No penalty: what follows a token depends on that token alone.
    const chooses = new Sampler(4, { ...PLAIN_SAMPLING, seed: 5 });
    const tokens = await reply(
      {
        ...decoding,
        sampler: chooses,
        decoder: new SpeculativeDecoder(decoding.cache, new DraftGuesser(decoding.sequence.draft, chooses)),
      },
      40_000,
    );
    tokens.slice(1).forEach((token, index) => {
      const row = counts[tokens[index] ?? 0];
      if (row) row[token] = (row[token] ?? 0) + 1;
    });
    counts.forEach((row, after) => {
      const total = row.reduce((a, b) => a + b, 0);
      const expected = (MODEL[after] ?? []).map((probability) => probability * total);
      expect(chiSquare(row, expected)).toBeLessThan(chiSquareBound(row.length - 1));
    });
  });

  it('is right as often as both choices are one with the same random number', async () => {
    // With the very same table every guess is right, at any temperature.
    const same = await begin('speculative', { draft: MODEL });
    await reply(same, 400);
    const { drafted = 0, accepted = 0 } = same.decoder.counts ?? {};
    expect(accepted).toBe(drafted);
    // Every pass but the last computes two tokens.
    expect(same.sequence.passes.length).toBeLessThan(210);

    const near = await begin('speculative', { draft: DRAFT });
    await reply(near, 4000);
    const counts = near.decoder.counts;
    expect(counts?.byPosition).toEqual([{ drafted: counts?.drafted, accepted: counts?.accepted }]);
    const share = (counts?.accepted ?? 0) / (counts?.drafted ?? 1);
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.8);
  });
});

const PLAIN_SAMPLING = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  repetitionWindow: 0,
} as const;

describe('a guess', () => {
  /** Greedy, so that the model says 0 -> 1 -> 2 -> 3 -> 0 and this draft always agrees. */
  const agreeing = (options: { capacity?: number; observer?: CacheObserver } = {}): Promise<Decoding> =>
    begin('speculative', { temperature: 0, draft: MODEL, ...options });

  it('is computed with the token before it, and its own logits are there when it is chosen', async () => {
    const { sequence, decoder } = await agreeing();
    await decoder.advance(step([0]));
    expect(sequence.passes.at(-1)).toEqual([0, 1]);
    const passes = sequence.passes.length;
    // At once: a reply does not wait for what is there.
    const logits = decoder.advance(step([1]));
    expect(sequence.passes).toHaveLength(passes);
    expect(logits).toEqual(Float32Array.from(MODEL[1] ?? [], Math.log));
    expect(decoder.counts).toMatchObject({ drafted: 1, accepted: 1 });
  });

  it('that needs no pass of its own begins its pass before the caller waits', async () => {
    const { sequence, cache } = await agreeing();
    const decoder = new SpeculativeDecoder(cache, {
      sources: ['lookup'],
      accept: () => undefined,
      guess: () => [{ token: 1, source: 'lookup' }],
    });
    const computing = decoder.advance(step([0]));
    expect(sequence.passes.at(-1)).toEqual([0, 1]);
    await computing;
    expect(decoder.length).toBe(4);
  });

  it('leaves the cache when another token is chosen, and is not counted in its length', async () => {
    const { cache, decoder } = await agreeing();
    await decoder.advance(step([0]));
    expect(cache.tokens).toEqual([0, 1, 2, 0, 1]);
    expect(decoder.length).toBe(4);
    await decoder.advance(step([3]));
    expect(cache.tokens).toEqual([0, 1, 2, 0, 3, 0]);
    expect(decoder.counts).toMatchObject({ drafted: 1, accepted: 0 });
  });

  it('leaves the cache at the end of the reply', async () => {
    const { cache, decoder } = await agreeing();
    await decoder.advance(step([0]));
    decoder.end();
    decoder.end();
    expect(cache.tokens).toEqual([0, 1, 2, 0]);
  });

  it('is kept when it begins what the reply is made to go on with, whose rest is computed plainly', async () => {
    const { sequence, cache, decoder } = await agreeing();
    await decoder.advance(step([0]));
    const logits = await decoder.advance(step([1, 3, 3]));
    expect(sequence.passes.at(-1)).toEqual([3, 3]);
    expect(cache.tokens).toEqual([0, 1, 2, 0, 1, 3, 3]);
    expect(logits).toEqual(Float32Array.from(MODEL[3] ?? [], Math.log));
  });

  it('is not made behind several tokens, behind the last but one, or where the cache has no room for it', async () => {
    const { sequence, decoder } = await agreeing({ capacity: 8 });
    await decoder.advance(step([0, 1]));
    expect(sequence.passes.at(-1)).toEqual([0, 1]);
    await decoder.advance(step([2], { room: 0 }));
    expect(sequence.passes.at(-1)).toEqual([2]);
    await decoder.advance(step([3]));
    expect(sequence.passes.at(-1)).toEqual([3, 0]);
    await decoder.advance(step([2]));
    expect(sequence.passes.at(-1)).toEqual([2]);
    expect(decoder.length).toBe(8);
  });

  it('is taken back when a pass fails, and the cache is as it was', async () => {
    const { sequence, cache, decoder } = await agreeing();
    await decoder.advance(step([0]));
    sequence.failsNext = true;
    await expect(decoder.advance(step([3]))).rejects.toMatchObject({ code: 'request/cancelled' });
    decoder.end();
    expect(cache.tokens).toEqual([0, 1, 2, 0]);
  });

  it('is recorded as what it turns out to be, or computed again', async () => {
    const labels: string[] = [];
    const observer: CacheObserver = {
      onRouting: () => undefined,
      computing: () => undefined,
      appended: (first, tokens, { labelAt }) => {
        tokens.forEach((_, index) => (labels[first + index] = labelAt(first + index).phase));
      },
      truncated: (length) => (labels.length = length),
      evicted: () => undefined,
      released: () => undefined,
      reused: () => undefined,
    };
    const { sequence, decoder } = await agreeing({ observer });
    await decoder.advance(step([0], { recording: THOUGHT, nextRecording: ANSWER }));
    expect(labels.slice(3)).toEqual(['thought', 'answer']);
    const passes = sequence.passes.length;
    // The guess opened a thought after all.
    await decoder.advance(step([1], { recording: THOUGHT, nextRecording: THOUGHT }));
    expect(sequence.passes.length).toBe(passes + 1);
    expect(labels.slice(3)).toEqual(['thought', 'thought', 'thought']);
  });
});
