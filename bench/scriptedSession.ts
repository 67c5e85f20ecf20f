import { createOnnxBackend } from '../src/engine/backends/onnx/onnxBackend.ts';
import type { BackendModel } from '../src/engine/backends/backend.ts';
import { KvCache } from '../src/engine/kvCache.ts';
import { UNRECORDED } from '../src/engine/records/tokenLabel.ts';
import type { Logits } from '../src/engine/sampling/bestLogits.ts';
import { Sampler } from '../src/engine/sampling/sampler.ts';
import type { Decoder } from '../src/engine/speculation/decoder.ts';
import { LookupGuesser } from '../src/engine/speculation/lookupGuesser.ts';
import { LookupPredictor } from '../src/engine/speculation/lookupPredictor.ts';
import { rowCostOf } from '../src/engine/speculation/rowCost.ts';
import { lookupTokens } from '../src/engine/speculation/lookupTokens.ts';
import { PlainDecoder } from '../src/engine/speculation/plainDecoder.ts';
import { SpeculativeDecoder } from '../src/engine/speculation/speculativeDecoder.ts';
import { openModel } from '../src/models/openModel.ts';
import { createTokenizer } from '../src/models/tokenizer/createTokenizer.ts';
import type { Tokenizer } from '../src/models/tokenizer/tokenizer.ts';
import type { LookupPair, LookupPlan } from './lookupSession.ts';
import type { RefactorSample } from './refactorSamples.ts';
import { median } from './statistics.ts';
import { type MeasuredThreads, threadsOf } from './measuredThreads.ts';

export interface ScriptedPlan extends LookupPlan {
  readonly threads: number;
  /** Whose tokenizer reads question and answer: the model's own vocabulary may be a made one. The model knows as many (`checkScripted`). */
  readonly tokenizerPath: string;
}

/** A pass of some tokens behind a filled cache. */
export interface PassCost {
  readonly rows: number;
  /** Medians. */
  readonly ms: number;
}

export interface ScriptedMeasured {
  readonly pairs: readonly LookupPair[];
  readonly passes: readonly PassCost[];
  readonly threads: MeasuredThreads;
}

const ROWS = [1, 2, 3, 4, 6, 8, 12, 16] as const;
const PASS_ROUNDS = 7;
/** Any token that neither question nor code has: a control token of SmolLM2. */
const CLOSES_THOUGHT = 0;

/**
 * What lookups gain where the reply is known: the model computes and its sampler chooses as ever, but the reply goes on with
 * the sample's own thought and answer, whatever was chosen. So any model of a shape will do, also one of random weights.
 */
export async function scriptedSession(
  plan: ScriptedPlan,
  samples: readonly RefactorSample[],
  onPair: (pair: LookupPair, done: number) => void,
): Promise<ScriptedMeasured> {
  const tokenizer = await readTokenizer(plan.tokenizerPath);
  const file = await openModel(plan.modelPath);
  const model = await createOnnxBackend().load(file.spec, file.weights, { threads: plan.threads });
  try {
    const { vocabularySize, layers } = file.spec;
    const hasExperts = layers.some(({ feedForward }) => feedForward.kind === 'moe');
    const passes = await passCosts(model, plan.contextTokens);
    const pairs: LookupPair[] = [];
    for (let round = 0; round < plan.rounds; round++) {
      for (const [index, sample] of samples.entries()) {
        const script = await scriptOf(sample, tokenizer, plan);
        const isPlainFirst = (round + index) % 2 === 0;
        const options = {
          ...{ capacity: plan.contextTokens, vocabularySize, temperature: plan.temperature },
          rowCost: rowCostOf(model.runtime, hasExperts),
        };
        const first = await decode(model, script, isPlainFirst ? 'plain' : 'lookup', options);
        const second = await decode(model, script, isPlainFirst ? 'lookup' : 'plain', options);
        const [plain, lookup] = isPlainFirst ? [first, second] : [second, first];
        const pair: LookupPair = {
          id: sample.id,
          task: sample.task,
          tokens: script.reply.length,
          plainMs: plain.decodeMs,
          lookupMs: lookup.decodeMs,
          drafted: lookup.drafted,
          accepted: lookup.accepted,
        };
        pairs.push(pair);
        onPair(pair, pairs.length);
      }
    }
    return { pairs, passes, threads: threadsOf(model.runtime) };
  } finally {
    await model.dispose();
    await file.close();
  }
}

async function readTokenizer(modelPath: string): Promise<Tokenizer> {
  const file = await openModel(modelPath);
  try {
    return createTokenizer(file.readTokenizer());
  } finally {
    await file.close();
  }
}

interface Script {
  readonly prompt: readonly number[];
  readonly lookup: readonly number[];
  readonly reply: readonly number[];
}

async function scriptOf(
  { question, code, thought, answer }: RefactorSample,
  tokenizer: Tokenizer,
  { lookup }: ScriptedPlan,
): Promise<Script> {
  const plain = (text: string): Promise<readonly number[]> => tokenizer.encode(text, { special: false });
  const prompt = await plain(question);
  return {
    prompt,
    lookup: await lookupTokens(
      lookup === 'prompt' ? 'prompt' : { text: code },
      prompt,
      tokenizer,
      CLOSES_THOUGHT,
    ),
    // The template has opened the thought; the tag that closes it is one token of a model that thinks.
    reply:
      thought === undefined
        ? await plain(answer)
        : [...(await plain(`${thought}\n`)), CLOSES_THOUGHT, ...(await plain(`\n\n${answer}`))],
  };
}

interface DecodeOptions {
  readonly capacity: number;
  readonly vocabularySize: number;
  readonly temperature: number;
  /** Of one more row, as a share of a pass. */
  readonly rowCost: number;
}

async function decode(
  model: BackendModel,
  { prompt, lookup, reply }: Script,
  how: 'plain' | 'lookup',
  { capacity, vocabularySize, temperature, rowCost }: DecodeOptions,
): Promise<{ readonly decodeMs: number; readonly drafted: number; readonly accepted: number }> {
  const sequence = model.createSequence(capacity);
  const cache = new KvCache(sequence);
  const { signal } = new AbortController();
  const sampler = new Sampler(vocabularySize, {
    temperature,
    topK: 0,
    topP: 0.95,
    minP: 0,
    repetitionPenalty: 1,
    repetitionWindow: 0,
    seed: 1,
  });
  let logits: Logits = await cache.append(prompt, { signal });
  const startedAt = performance.now();
  const decoder: Decoder =
    how === 'plain'
      ? new PlainDecoder(cache, { exactRows: false, need: sampler.need })
      : new SpeculativeDecoder(cache, new LookupGuesser(new LookupPredictor(lookup), rowCost), sampler.need);
  for (const [index, token] of reply.entries()) {
    sampler.sample(logits);
    sampler.accept(token);
    const room = reply.length - index - 1;
    const recording = UNRECORDED;
    logits = await decoder.advance({ tokens: [token], recording, nextRecording: recording, room, signal });
  }
  decoder.end();
  const decodeMs = performance.now() - startedAt;
  const { drafted = 0, accepted = 0 } = decoder.counts ?? {};
  cache.dispose();
  return { decodeMs, drafted, accepted };
}

async function passCosts(model: BackendModel, capacity: number): Promise<readonly PassCost[]> {
  const sequence = model.createSequence(capacity);
  const past = Math.min(256, capacity - Math.max(...ROWS));
  await sequence.append(Array.from({ length: past }, (_, index) => 1 + (index % 200)));
  const times = ROWS.map((): number[] => []);
  for (let round = 0; round <= PASS_ROUNDS; round++) {
    for (const [index, rows] of ROWS.entries()) {
      const tokens = Array.from({ length: rows }, (_, row) => 1 + ((row * 37 + round * 11) % 200));
      const startedAt = performance.now();
      await sequence.append(tokens, { allLogits: true });
      // The first round warms up.
      if (round > 0) times[index]?.push(performance.now() - startedAt);
      sequence.rewind(past);
    }
  }
  sequence.dispose();
  return ROWS.map((rows, index) => ({ rows, ms: median(times[index] ?? []) }));
}
