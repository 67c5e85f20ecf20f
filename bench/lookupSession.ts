import { EngineClient } from '../src/engineClient/engineClient.ts';
import type { Lookup } from '../src/protocol/generation.ts';
import type { RefactorSample } from './refactorSamples.ts';
import { type MeasuredThreads, threadsOf } from './measuredThreads.ts';

export interface LookupPlan {
  readonly modelPath: string;
  readonly contextTokens: number;
  /** Absent: as the engine decides. */
  readonly threads: number | undefined;
  readonly temperature: number;
  readonly rounds: number;
  /** What is looked up: the code of the question, or all of it. */
  readonly lookup: 'code' | 'prompt';
}

/** One reply, decoded plainly and with lookups. Times in milliseconds. */
export interface LookupPair {
  /** The sample's: that of each round has the same. */
  readonly id: string;
  /** The sample's. */
  readonly task: string;
  readonly tokens: number;
  readonly plainMs: number;
  readonly lookupMs: number;
  readonly drafted: number;
  readonly accepted: number;
  /** Whether both replies were one; absent where the reply is given and not the model's. */
  readonly isSame?: boolean;
}

export interface LookupMeasuredPairs {
  readonly pairs: readonly LookupPair[];
  readonly threads: MeasuredThreads;
}

export interface LookupSessionOptions {
  readonly enginePath: string;
  readonly onPair: (pair: LookupPair, done: number) => void;
}

/**
 * One engine, which has answered each of them before, answers the same questions plainly and with lookups, in turns.
 */
export async function lookupSession(
  plan: LookupPlan,
  samples: readonly RefactorSample[],
  { enginePath, onPair }: LookupSessionOptions,
): Promise<LookupMeasuredPairs> {
  const { modelPath: path, contextTokens, threads, rounds } = plan;
  const engine = await EngineClient.start({ enginePath });
  try {
    const { runtime } = await engine.load({
      ...{ path, contextTokens, force: true },
      ...(threads !== undefined && { threads }),
    });
    const pairs: LookupPair[] = [];
    // In the first round V8 compiles what runs often, on a core that the model may want.
    for (let round = 0; round <= rounds; round++) {
      for (const [index, sample] of samples.entries()) {
        const isPlainFirst = (round + index) % 2 === 0;
        const first = await answer(engine, plan, sample, isPlainFirst ? 'plain' : 'lookup', round);
        const second = await answer(engine, plan, sample, isPlainFirst ? 'lookup' : 'plain', round);
        const [plain, lookup] = isPlainFirst ? [first, second] : [second, first];
        const { tokens, decodeMs: plainMs } = plain;
        const { drafted, accepted, decodeMs: lookupMs } = lookup;
        const isSame = plain.reply === lookup.reply;
        if (round === 0) continue;
        const { id, task } = sample;
        const pair: LookupPair = { id, task, tokens, plainMs, lookupMs, drafted, accepted, isSame };
        pairs.push(pair);
        onPair(pair, pairs.length);
      }
    }
    return { pairs, threads: threadsOf(runtime) };
  } finally {
    await engine.dispose();
  }
}

interface Answered {
  readonly reply: string;
  readonly tokens: number;
  readonly decodeMs: number;
  readonly drafted: number;
  readonly accepted: number;
}

async function answer(
  engine: EngineClient,
  { temperature, lookup }: LookupPlan,
  { id, question, code }: RefactorSample,
  how: 'plain' | 'lookup',
  seed: number,
): Promise<Answered> {
  const conversationId = 'lookup';
  const text: Lookup = lookup === 'prompt' ? 'prompt' : { text: code };
  const { thought, answer, timings } = await engine.generate({
    requestId: `${how} ${seed} ${id}`,
    conversationId,
    messages: [{ role: 'user', content: question }],
    reasoning: { mode: 'auto' },
    sampling: { temperature, seed },
    maxTokens: 600,
    speculation: how === 'plain' ? 'off' : 'auto',
    lookup: text,
  });
  // The history is computed ahead after an answer, and should not be while the next one is.
  await engine.kv({ conversationId, settled: true });
  await engine.release(conversationId);
  return {
    reply: `${thought}\n${answer}`,
    tokens: timings.decodedTokens,
    decodeMs: timings.decodeMs,
    drafted: timings.speculation?.drafted ?? 0,
    accepted: timings.speculation?.accepted ?? 0,
  };
}
