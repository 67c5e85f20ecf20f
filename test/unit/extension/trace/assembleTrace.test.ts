import { describe, expect, it } from 'vitest';
import { inTurns } from '../../../../src/extension/inTurns.ts';
import { assembleTrace, type TracedAnswer } from '../../../../src/extension/trace/assembleTrace.ts';
import { prefixOf } from '../../../../src/extension/trace/continuation.ts';
import { TraceRecorder } from '../../../../src/extension/trace/traceRecorder.ts';
import type { GenerateResult, TokenDetail } from '../../../../src/protocol/generation.ts';
import type { RoutingResult } from '../../../../src/protocol/records.ts';
import { readTrace } from '../../../../src/reasoning/trace/readTrace.ts';
import { ALTERNATIVES, type Trace } from '../../../../src/reasoning/trace/trace.ts';
import { writeTrace } from '../../../../src/reasoning/trace/writeTrace.ts';

function detail(token: number, change: Partial<TokenDetail> = {}): TokenDetail {
  return {
    token,
    text: `t${token}`,
    channel: 'answer',
    origin: 'sampled',
    logProbability: -0.5,
    entropy: 1.25,
    alternatives: [
      { token, text: `t${token}`, logProbability: -0.5 },
      { token: token + 100, text: `t${token + 100}`, logProbability: -1.5 },
    ],
    elapsedMs: 8,
    ...change,
  };
}

const forced = (token: number): TokenDetail =>
  detail(token, {
    channel: 'thought',
    origin: 'forced',
    logProbability: null,
    entropy: null,
    alternatives: [],
    elapsedMs: 0,
  });

const result: GenerateResult = {
  requestId: 'answer-1',
  thought: 't1',
  answer: 't3',
  thoughtTokens: 1,
  answerTokens: 1,
  thoughtEnd: 'budget',
  finishReason: 'stop',
  sampling: {
    temperature: 0.6,
    topK: 0,
    topP: 0.95,
    minP: 0,
    repetitionPenalty: 1,
    repetitionWindow: 64,
    seed: 7,
  },
  timings: {
    promptTokens: 10,
    reusedTokens: 0,
    prefillMs: 5,
    decodedTokens: 2,
    decodeMs: 16,
    timeToFirstTokenMs: 6,
    backendMs: 15,
  },
  contextTokens: 11,
  contextCapacity: 512,
};

function answered(details: readonly TokenDetail[], change: Partial<TracedAnswer> = {}): TracedAnswer {
  const recorder = new TraceRecorder();
  // In two batches, as they come.
  recorder.add(details.slice(0, 1));
  recorder.add(details.slice(1));
  return {
    conversationId: 'conversation-1',
    createdAt: 1_780_000_000_000,
    question: 'Why?',
    modelName: 'nano',
    model: { architecture: 'deepseek2', quantization: 'Q8_0', fingerprint: 'f00d' },
    backend: 'ONNX Runtime',
    mode: 'auto',
    budgetTokens: 1,
    result,
    tokens: recorder.tokens(),
    ...change,
  };
}

const traceOf = (traced: TracedAnswer): Promise<Trace> => inTurns(assembleTrace(traced));

const base64 = (numbers: Uint8Array | Uint16Array | Uint32Array): string =>
  Buffer.from(numbers.buffer).toString('base64');

/** Binary16 of 0.5 and 0.25. */
const [HALF, QUARTER] = [0x3800, 0x3400];

function page(positions: readonly number[], evicted: readonly number[]): RoutingResult {
  return {
    layers: [1, 2],
    experts: 8,
    topK: 2,
    entries: positions.length,
    dropped: 0,
    endPosition: 99,
    requestIds: ['answer-1'],
    packed: {
      positions: base64(Uint32Array.from(positions)),
      tokens: base64(Uint32Array.from(positions)),
      questions: base64(new Uint32Array(positions.length)),
      phases: base64(new Uint8Array(positions.length)),
      evicted: base64(Uint8Array.from(evicted)),
      chosen: base64(Uint16Array.from(positions.flatMap((position) => [position % 8, 1, 2, 3]))),
      weights: base64(Uint16Array.from(positions.flatMap(() => [HALF, QUARTER, HALF, QUARTER]))),
    },
  };
}

describe('The trace of an answer', () => {
  it('holds each token with its measures, and none where nothing was measured', async () => {
    const trace = await traceOf(
      answered([detail(1, { channel: 'thought' }), forced(2), detail(3, { origin: 'guessed' })]),
    );
    const { tokens } = trace;
    expect(tokens.count).toBe(3);
    expect([...tokens.ids]).toEqual([1, 2, 3]);
    expect([...tokens.channels]).toEqual([0, 0, 1]);
    expect([...tokens.origins]).toEqual([0, 2, 1]);
    expect([...tokens.logProbabilities]).toEqual([-0.5, NaN, -0.5]);
    expect([...tokens.entropies]).toEqual([1.25, NaN, 1.25]);
    expect([...tokens.elapsedMs]).toEqual([8, 0, 8]);
    expect([...tokens.alternativeIds.subarray(0, ALTERNATIVES)]).toEqual([1, 101, 0, 0, 0]);
    expect([...tokens.alternativeLogProbabilities.subarray(0, ALTERNATIVES)]).toEqual([
      -0.5,
      -1.5,
      NaN,
      NaN,
      NaN,
    ]);
    expect(tokens.texts.get(101)).toBe('t101');
    expect(trace.about).toMatchObject({
      id: 'answer-1',
      thoughtEnd: 'budget',
      finish: 'stop',
      question: 'Why?',
    });
    expect(trace.routing).toBeUndefined();
  });

  it('holds thousands of tokens, whatever was added in one batch', async () => {
    const details = Array.from({ length: 5000 }, (_, index) => detail(index));
    const { tokens } = await traceOf(answered(details));
    expect(tokens.count).toBe(5000);
    expect(tokens.ids[4999]).toBe(4999);
    expect(tokens.alternativeIds).toHaveLength(5000 * ALTERNATIVES);
    expect(tokens.alternativeIds[4999 * ALTERNATIVES + 1]).toBe(5099);
  });

  it('has the experts of the passes that read its tokens, not those of an earlier thought at their positions', async () => {
    const pages = [page([11, 9, 12], [0, 0, 1]), page([13], [0])];
    const { routing } = await traceOf(
      answered([detail(1), detail(2), detail(3)], {
        result: { ...result, routing: { firstPosition: 11, pages } },
      }),
    );
    expect(routing).toMatchObject({ count: 3, layers: [1, 2], experts: 8, topK: 2 });
    expect([...(routing?.chosen ?? [])]).toEqual([3, 1, 2, 3, 0, 0, 0, 0, 5, 1, 2, 3]);
    expect([...(routing?.weights ?? [])]).toEqual([0.5, 0.25, 0.5, 0.25, 0, 0, 0, 0, 0.5, 0.25, 0.5, 0.25]);
  });

  it('is the same after it was saved and read', async () => {
    const trace = await traceOf(answered([detail(1, { channel: 'thought' }), forced(2), detail(3)]));
    const { trace: read, problems } = readTrace(writeTrace(trace));
    expect(problems).toEqual([]);
    expect(read.about).toEqual(trace.about);
    expect(read.tokens).toEqual(trace.tokens);
  });
});

describe('An answer that goes on from a token of another one', async () => {
  const earlier: Trace = await traceOf(
    answered([detail(1, { channel: 'thought', elapsedMs: 3 }), forced(2), detail(3, { elapsedMs: 4 })]),
  );
  const continues = { earlier, token: 2, alternative: 103 };

  it('begins with its tokens and the alternative, and closes the thought as it did', () => {
    expect(prefixOf(continues)).toEqual({ tokens: [1, 2, 103], thoughtEnd: 'budget' });
  });

  it('keeps what was measured of the common tokens, and says where it comes from', async () => {
    const given = {
      origin: 'forced',
      logProbability: null,
      entropy: null,
      alternatives: [],
      elapsedMs: 0,
    } as const;
    const last = detail(103, { origin: 'forced', logProbability: -1.5, elapsedMs: 0 });
    const { about, tokens } = await traceOf(
      answered([detail(1, given), detail(2, given), last, detail(4)], { continues }),
    );
    expect(about.branchedFrom).toEqual({ id: 'answer-1', token: 2 });
    expect([...tokens.ids]).toEqual([1, 2, 103, 4]);
    expect([...tokens.origins]).toEqual([0, 2, 2, 0]);
    expect([...tokens.logProbabilities]).toEqual([-0.5, NaN, -1.5, -0.5]);
    expect([...tokens.elapsedMs]).toEqual([3, 0, 0, 8]);
    expect([...tokens.alternativeIds.subarray(0, 2)]).toEqual([1, 101]);
  });
});
