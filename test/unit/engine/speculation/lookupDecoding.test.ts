import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KvCache } from '../../../../src/engine/kvCache.ts';
import { UNRECORDED } from '../../../../src/engine/records/tokenLabel.ts';
import { GREEDY } from '../../../../src/engine/sampling/greedy.ts';
import { Sampler } from '../../../../src/engine/sampling/sampler.ts';
import type { Decoder, DecodeStep } from '../../../../src/engine/speculation/decoder.ts';
import { DraftedLookupGuesser } from '../../../../src/engine/speculation/draftedLookupGuesser.ts';
import { DraftGuesser } from '../../../../src/engine/speculation/draftGuesser.ts';
import { LookupGuesser } from '../../../../src/engine/speculation/lookupGuesser.ts';
import { LookupPredictor } from '../../../../src/engine/speculation/lookupPredictor.ts';
import { NgramPredictor } from '../../../../src/engine/speculation/ngramPredictor.ts';
import { PlainDecoder } from '../../../../src/engine/speculation/plainDecoder.ts';
import { SpeculativeDecoder } from '../../../../src/engine/speculation/speculativeDecoder.ts';
import { NO_TOKEN } from '../../../../src/models/ngrams/noToken.ts';
import { NgramModel } from '../../../../src/models/ngrams/ngramModel.ts';
import { NgramTable } from '../../../../src/models/ngrams/ngramTable.ts';
import { TOKEN_CLASS } from '../../../../src/models/ngrams/tokenClass.ts';
import { guessChances, learnNgrams } from '../../../../training/ngrams/learnNgrams.ts';
import { MarkovSequence, type Transitions } from './markovSequence.ts';

const TOKENS = 8;
/** A name, a number and a line's end among others. */
const CLASSES = Uint8Array.from({ length: TOKENS }, (_, token) =>
  token < 4 ? ([0, TOKEN_CLASS.name, TOKEN_CLASS.number, TOKEN_CLASS.lineEnd][token] ?? 0) : 0,
);
/** Behind each token its successor most often, and any other sometimes. */
const MODEL: Transitions = Array.from({ length: TOKENS }, (_, after) =>
  Array.from({ length: TOKENS }, (__, next) => (next === (after + 1) % TOKENS ? 0.65 : 0.05)),
);

interface Decoding {
  readonly sequence: MarkovSequence;
  readonly cache: KvCache;
  readonly sampler: Sampler;
  readonly decoder: Decoder;
}

interface Way {
  readonly text?: readonly number[];
  readonly draft?: Transitions;
  readonly ngrams?: NgramModel;
  readonly temperature: number;
  readonly seed: number;
}

async function begin({ text, draft, ngrams, temperature, seed }: Way): Promise<Decoding> {
  const sequence = new MarkovSequence(MODEL, draft ?? MODEL);
  const cache = new KvCache(sequence);
  await cache.append([0]);
  const sampler = new Sampler(TOKENS, {
    temperature,
    topK: 0,
    topP: 1,
    minP: 0,
    repetitionPenalty: 1.1,
    repetitionWindow: 3,
    seed,
  });
  const predictor =
    text && (ngrams ? new NgramPredictor(ngrams, { prompt: [0], text }) : new LookupPredictor(text));
  const lookup = predictor && new LookupGuesser(predictor, 0.13);
  const drafts = draft && new DraftGuesser(sequence.draft, sampler);
  const guesser = lookup && drafts ? new DraftedLookupGuesser(lookup, drafts) : (lookup ?? drafts);
  const decoder = guesser
    ? new SpeculativeDecoder(cache, guesser)
    : new PlainDecoder(cache, { exactRows: true });
  return { sequence, cache, sampler, decoder };
}

const step = (tokens: readonly number[], room = Infinity): DecodeStep => ({
  tokens,
  recording: UNRECORDED,
  nextRecording: UNRECORDED,
  room,
  signal: new AbortController().signal,
});

/** A reply of `count` tokens; where `forced` has an entry, the reply is made to go on with it behind what was chosen. */
async function reply(
  { decoder, sampler }: Decoding,
  count: number,
  forced: ReadonlyMap<number, readonly number[]> = new Map(),
): Promise<number[]> {
  const tokens = [1];
  let next = [1];
  while (tokens.length < count) {
    for (const token of next) sampler.accept(token);
    const chosen = sampler.sample(await decoder.advance(step(next, count - tokens.length)));
    next = [chosen, ...(forced.get(tokens.length) ?? [])];
    tokens.push(...next);
  }
  decoder.end();
  return tokens;
}

const token = fc.nat({ max: TOKENS - 1 });
const text = fc.array(fc.oneof({ weight: 9, arbitrary: token }, fc.constant(NO_TOKEN)), { maxLength: 40 });
/** Of which the reply itself is likely to be a part. */
const repeating = fc
  .array(fc.oneof(fc.constant(Array.from({ length: TOKENS }, (_, each) => each)), text), { maxLength: 5 })
  .map((parts) => parts.flat());

/** Learned from anything. */
const ngramModel = fc
  .array(fc.record({ prompt: fc.constant([]), text, reply: fc.array(token, { maxLength: 40 }) }), {
    maxLength: 3,
  })
  .map((samples) => {
    const entries = learnNgrams(samples, CLASSES, 1);
    return new NgramModel(NgramTable.of(entries), CLASSES, guessChances(entries, CLASSES, samples));
  });

describe('decoding with lookups', () => {
  it('says what decoding without says, whatever the text, the seed, the temperature and what is forced', async () => {
    const property = fc.asyncProperty(
      fc.oneof(text, repeating),
      fc.constantFrom(0, 0.5, 1, 2),
      fc.nat({ max: 1000 }),
      fc.boolean(),
      fc.option(ngramModel),
      fc.array(fc.tuple(fc.nat({ max: 60 }), fc.array(token, { minLength: 1, maxLength: 4 })), {
        maxLength: 4,
      }),
      async (looked, temperature, seed, drafts, ngrams, forced) => {
        const plain = await begin({ temperature, seed });
        const other = await begin({
          text: looked,
          temperature,
          seed,
          ...(ngrams ? { ngrams } : {}),
          ...(drafts ? { draft: MODEL.map((row) => row.toReversed()) } : {}),
        });
        const made = new Map(forced);
        const expected = await reply(plain, 80, made);
        expect(await reply(other, 80, made)).toEqual(expected);
        expect(other.cache.tokens).toEqual(plain.cache.tokens);
        expect(other.sequence.length).toBe(plain.sequence.length);
      },
    );
    await fc.assert(property, { numRuns: 300, seed: 7 });
  });

  it('takes far fewer passes where the reply repeats the text', async () => {
    const looked = Array.from({ length: 40 }, (_, index) => index % TOKENS);
    const way = { temperature: 0, seed: 1 };
    const [plain, lookup] = [await begin(way), await begin({ ...way, text: looked })];
    // The penalty would lead away from what follows.
    const greedy = new Sampler(TOKENS, { ...GREEDY, seed: 1 });
    const expected = await reply({ ...plain, sampler: greedy }, 161);
    expect(await reply({ ...lookup, sampler: greedy }, 161)).toEqual(expected);
    // 8 tokens a pass once it is sure; 6 are less than that and far more than chance gives.
    expect(lookup.sequence.passes.length).toBeLessThan(plain.sequence.passes.length / 6);
  });

  it('takes fewer passes where n-grams know what no text says', async () => {
    const way = { temperature: 0, seed: 1, text: [NO_TOKEN] };
    // 1, 2, .. 7, as the model says it.
    const said = Array.from({ length: TOKENS - 1 }, (_, index) => index + 1);
    const samples = Array.from({ length: 9 }, () => ({ prompt: [0], text: way.text, reply: said }));
    const entries = learnNgrams(samples, CLASSES, 2);
    const ngrams = new NgramModel(NgramTable.of(entries), CLASSES, guessChances(entries, CLASSES, samples));
    const [lookup, other] = [await begin(way), await begin({ ...way, ngrams })];
    expect(await reply(lookup, said.length)).toEqual(said);
    expect(await reply(other, said.length)).toEqual(said);
    expect(lookup.sequence.passes).toHaveLength(1 + said.length - 1);
    expect(other.sequence.passes).toEqual([[0], said]);
    expect(other.decoder.counts?.bySource[1]).toMatchObject({ source: 'ngrams', drafted: 5, accepted: 5 });
  });

  it('computes nothing behind the last token that the reply may have', async () => {
    const { decoder, sequence } = await begin({
      text: [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5],
      temperature: 0,
      seed: 1,
    });
    await decoder.advance(step([0, 1, 2], 2));
    expect(sequence.passes.at(-1)).toEqual([0, 1, 2, 3, 4]);
    await decoder.advance(step([3], 1));
    await decoder.advance(step([4], 0));
    expect(sequence.passes).toHaveLength(2);
    await decoder.advance(step([5], 0));
    expect(sequence.passes.at(-1)).toEqual([5]);
  });

  it('asks the draft where the text is not sure, and the text about what stands behind that', async () => {
    const text = [2, 3, 4, 5, 6, 7];
    const { decoder, sequence } = await begin({ text, draft: MODEL, temperature: 0, seed: 1 });
    await decoder.advance(step([0]));
    // Neither 0 nor 1 is in the text: the draft says what the model says.
    expect(sequence.passes.at(-1)).toEqual([0, 1]);
    await decoder.advance(step([1]));
    await decoder.advance(step([2]));
    // One equal token is little: the draft says 3, behind which the text goes on.
    expect(sequence.passes.at(-1)?.slice(0, 3)).toEqual([2, 3, 4]);
    const ahead = (sequence.passes.at(-1)?.length ?? 0) - 3;
    expect(sequence.drafts).toBe(2);
    for (const token of [3, 4, 5, 6, 7].slice(0, ahead + 1)) await decoder.advance(step([token]));
    expect(sequence.drafts, 'nobody is asked for what was computed').toBe(2);
    decoder.end();
    const [lookup, draft] = decoder.counts?.bySource ?? [];
    expect(lookup).toMatchObject({ source: 'lookup', drafted: lookup?.accepted });
    expect(draft).toMatchObject({ source: 'draft', drafted: 2, accepted: 2 });
  });

  it('does not ask the draft while the reply follows the text', async () => {
    const text = Array.from({ length: 64 }, (_, index) => index % TOKENS);
    const { decoder, sequence } = await begin({ text, draft: MODEL, temperature: 0, seed: 1 });
    await decoder.advance(step([0, 1, 2, 3, 4, 5, 6, 7]));
    expect(sequence.passes.at(-1)?.slice(8, 11)).toEqual([0, 1, 2]);
    expect(sequence.drafts).toBe(0);
  });

  it('counts what was computed behind a wrong guess as wrong, and not what nobody came to', async () => {
    const text = Array.from({ length: 32 }, (_, index) => index % TOKENS);
    const { decoder, cache, sequence } = await begin({ text, temperature: 0, seed: 1 });
    await decoder.advance(step([0, 1, 2, 3]));
    const guessed = (sequence.passes.at(-1)?.length ?? 0) - 4;
    expect(guessed).toBeGreaterThan(3);
    await decoder.advance(step([4]));
    await decoder.advance(step([0], 0));
    expect(decoder.counts).toMatchObject({ drafted: guessed, accepted: 1 });
    expect(decoder.counts?.byPosition.slice(0, 3)).toEqual([
      { drafted: 1, accepted: 1 },
      { drafted: 1, accepted: 0 },
      { drafted: 1, accepted: 0 },
    ]);
    expect(cache.tokens).toEqual([0, 0, 1, 2, 3, 4, 0]);
    await decoder.advance(step([1]));
    decoder.end();
    expect(decoder.counts).toMatchObject({ drafted: guessed, accepted: 1 });
    expect(cache.tokens).toEqual([0, 0, 1, 2, 3, 4, 0, 1]);
  });

  it('is as it was when a pass fails', async () => {
    const { decoder, cache, sequence } = await begin({ text: [0, 1, 2, 3, 4, 5], temperature: 0, seed: 1 });
    await decoder.advance(step([0, 1]));
    sequence.failsNext = true;
    await expect(decoder.advance(step([7]))).rejects.toMatchObject({ code: 'request/cancelled' });
    decoder.end();
    expect(cache.tokens).toEqual([0, 0, 1]);
  });
});
