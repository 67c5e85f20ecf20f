import { assembleTrace } from '../src/extension/trace/assembleTrace.ts';
import { TraceRecorder } from '../src/extension/trace/traceRecorder.ts';
import { EventLoopDelay } from '../src/extension/eventLoopDelay.ts';
import { inTurns } from '../src/extension/inTurns.ts';
import { GREEDY } from '../src/engine/sampling/greedy.ts';
import type { GenerateResult, TokenDetail } from '../src/protocol/generation.ts';
import { toHalf } from '../src/protocol/toHalf.ts';
import { writeTraceSteps } from '../src/reasoning/trace/writeTraceSteps.ts';
import { Random } from '../test/support/random.ts';

export interface TracesPlan {
  readonly tokens: number;
  /** With experts. */
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
  readonly rounds: number;
}

/**
 * What one trace took of the extension host, in milliseconds of computing: on a machine with more work than cores all else waits
 * longer, which is not the trace's doing.
 */
export interface TracesRound {
  /** The engine's last message, as JSON text, becoming an object: in one piece. */
  readonly parseMs: number;
  /** From there to the bytes of the file. */
  readonly saveMs: number;
  /** Of that, the longest in one piece. */
  readonly blockedMs: number;
  readonly fileBytes: number;
}

/** Of a page of routing, as the engine makes them. */
const PAGE_BYTES = 1 << 19;

/** Takes in and saves the trace of an answer of any length and shape, as the extension host does when an answer ends. */
export async function tracesSession(plan: TracesPlan): Promise<readonly TracesRound[]> {
  const message = JSON.stringify(resultOf(plan));
  const recorder = new TraceRecorder();
  for (let token = 0; token < plan.tokens; token++) recorder.add([detailOf(token)]);
  const rounds: TracesRound[] = [];
  // One more to warm up.
  for (let round = 0; round <= plan.rounds; round++) {
    const measured = await measure(message, recorder);
    if (round > 0) rounds.push(measured);
  }
  return rounds;
}

async function measure(message: string, recorder: TraceRecorder): Promise<TracesRound> {
  const parsedFrom = computedMs();
  // Its own message, of the shape that it was made of.
  const result = JSON.parse(message) as GenerateResult;
  const parseMs = computedMs() - parsedFrom;
  const delay = new EventLoopDelay();
  // So that the timer has begun.
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.reset();
  const savedFrom = computedMs();
  const job = assembleTrace({
    conversationId: 'conversation',
    createdAt: 0,
    question: 'Why?',
    modelName: 'model',
    model: { architecture: 'deepseek2', quantization: 'Q4_K', fingerprint: '0'.repeat(32) },
    backend: 'none',
    mode: 'auto',
    budgetTokens: 0,
    result,
    tokens: recorder.tokens(),
  });
  const bytes = await inTurns(writeTraceSteps(await inTurns(job)));
  const saveMs = computedMs() - savedFrom;
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { maxBusy: blockedMs } = delay.summary();
  delay.dispose();
  return { parseMs, saveMs, blockedMs, fileBytes: bytes.byteLength };
}

/** What this process has computed, on all of its threads. */
function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function detailOf(token: number): TokenDetail {
  const id = token % 5000;
  const alternatives = [0, 1, 2, 3, 4].map((place) => ({
    token: (id + place) % 5000,
    text: ` word${(id + place) % 5000}`,
    logProbability: -0.5 - place,
  }));
  return {
    token: id,
    text: ` word${id}`,
    channel: 'thought',
    origin: 'sampled',
    logProbability: -0.5,
    entropy: 1,
    alternatives,
    elapsedMs: 10,
  };
}

function resultOf({ tokens, layers, experts, topK }: TracesPlan): GenerateResult {
  const random = new Random(1);
  const perToken = layers * topK;
  const inPage = Math.max(1, Math.floor(PAGE_BYTES / (4 * perToken)));
  const base64 = (numbers: Uint8Array | Uint16Array | Uint32Array): string =>
    Buffer.from(numbers.buffer).toString('base64');
  const half = toHalf(1 / topK);
  const pages = Array.from({ length: Math.ceil(tokens / inPage) }, (_, page) => {
    const first = page * inPage;
    const entries = Math.min(inPage, tokens - first);
    return {
      layers: Array.from({ length: layers }, (__, layer) => layer + 1),
      experts,
      topK,
      entries,
      dropped: 0,
      endPosition: first + entries,
      requestIds: ['request'],
      packed: {
        positions: base64(Uint32Array.from({ length: entries }, (__, entry) => first + entry)),
        tokens: base64(new Uint32Array(entries)),
        questions: base64(new Uint32Array(entries)),
        phases: base64(new Uint8Array(entries)),
        evicted: base64(new Uint8Array(entries)),
        chosen: base64(Uint16Array.from({ length: entries * perToken }, () => random.below(experts))),
        weights: base64(new Uint16Array(entries * perToken).fill(half)),
      },
    };
  });
  return {
    requestId: 'request',
    thought: '',
    answer: '',
    thoughtTokens: tokens,
    answerTokens: 0,
    finishReason: 'stop',
    sampling: { ...GREEDY, seed: 1 },
    timings: {
      promptTokens: 1,
      reusedTokens: 0,
      prefillMs: 1,
      decodedTokens: tokens,
      decodeMs: 1,
      timeToFirstTokenMs: 1,
      backendMs: 1,
    },
    contextTokens: 1,
    contextCapacity: tokens,
    routing: { firstPosition: 0, pages },
  };
}
