import { ALTERNATIVES, type Trace } from '../../src/reasoning/trace/trace.ts';

const THOUGHT = `Okay, the user asks what the program prints.
Let me go through the loop.
First i is 0, so beach becomes 2.
Wait, let me check the bound: i < 2.
- i is 0: beach is 2
- i is 1: beach is 3
So the answer is 3.`;
const ANSWER = `It prints:\n\n\`\`\`\n3\n\`\`\``;

export interface RecordedTraceOptions {
  readonly thought?: string;
  readonly answer?: string;
  /** How often the thought is told, for long traces. */
  readonly rounds?: number;
  readonly id?: string;
}

/**
 * A trace of the form that a recorded answer has, of any length: words as tokens, measures from their places, and experts of
 * three layers. For pages and files that need a trace without a model.
 */
export function recordedTrace({
  thought = THOUGHT,
  answer = ANSWER,
  rounds = 1,
  id = 'answer-1',
}: RecordedTraceOptions = {}): Trace {
  const told = Array.from({ length: rounds }, () => thought).join('\n');
  const thoughtPieces = ['<think>', '\n', ...(told.match(/\s*\S+|\s+$/gu) ?? [])];
  const closing = ['\n', '</think>', '\n\n'];
  const answerPieces = answer.match(/\s*\S+/gu) ?? [];
  const pieces = [...thoughtPieces, ...closing, ...answerPieces];
  const vocabulary = [...new Set([...pieces, ' maybe', ' <b>not</b>', ' three'])];
  const ids = new Map(vocabulary.map((text) => [text, idOf(text)]));
  const count = pieces.length;
  const closingFrom = thoughtPieces.length;
  const isForced = (token: number): boolean => token >= closingFrom && token < closingFrom + closing.length;
  const probability = (token: number): number => [0.99, 0.8, 0.6, 0.3, 0.12, 0.05][token % 6] ?? 1;
  const layers = [1, 2, 3];
  const topK = 2;
  const perToken = layers.length * topK;
  return {
    about: {
      id,
      conversationId: 'conversation-1',
      createdAt: 1_780_000_000_000,
      question: 'Show me the output of this program.',
      model: {
        name: 'glassbox-nano',
        architecture: 'deepseek2',
        quantization: 'Q8_0',
        fingerprint: '00112233445566778899aabbccddeeff',
      },
      backend: 'ONNX Runtime 1.30.0, C API, 2 threads',
      mode: 'auto',
      budgetTokens: 64,
      sampling: {
        temperature: 0.6,
        topK: 0,
        topP: 0.95,
        minP: 0,
        repetitionPenalty: 1,
        repetitionWindow: 64,
        seed: 7,
      },
      finish: 'stop',
      thoughtEnd: 'budget',
      timings: {
        promptTokens: 40,
        reusedTokens: 0,
        prefillMs: 20,
        decodedTokens: count,
        decodeMs: 10 * count,
        timeToFirstTokenMs: 30,
        backendMs: 9 * count,
      },
    },
    thought: told,
    answer,
    tokens: {
      count,
      texts: new Map(vocabulary.map((text) => [idOf(text), text])),
      ids: Uint32Array.from(pieces, (piece) => ids.get(piece) ?? 0),
      channels: Uint8Array.from(pieces, (_, token) => Number(token >= closingFrom + closing.length)),
      origins: Uint8Array.from(pieces, (_, token) => (isForced(token) ? 2 : token % 5 === 0 ? 1 : 0)),
      logProbabilities: Float32Array.from(pieces, (_, token) =>
        isForced(token) ? NaN : Math.log(probability(token)),
      ),
      entropies: Float32Array.from(pieces, (_, token) => (isForced(token) ? NaN : (token % 6) / 2)),
      elapsedMs: Float32Array.from(pieces, (_, token) => (isForced(token) ? 0 : 5 + (token % 7))),
      alternativeIds: Uint32Array.from({ length: count * ALTERNATIVES }, (_, at) => {
        const token = Math.floor(at / ALTERNATIVES);
        const others = [' maybe', ' <b>not</b>', ' three', '\n'].map((text) => ids.get(text) ?? 0);
        if (isForced(token)) return 0;
        return at % ALTERNATIVES === 0
          ? (ids.get(pieces[token] ?? '') ?? 0)
          : (others[(at % ALTERNATIVES) - 1] ?? 0);
      }),
      alternativeLogProbabilities: Float32Array.from({ length: count * ALTERNATIVES }, (_, at) => {
        const token = Math.floor(at / ALTERNATIVES);
        const best = probability(token);
        const place = at % ALTERNATIVES;
        return isForced(token) ? NaN : Math.log(place === 0 ? best : (1 - best) / 2 ** (place + 1));
      }),
    },
    routing: {
      count,
      layers,
      experts: 16,
      topK,
      chosen: Uint16Array.from(
        { length: count * perToken },
        (_, at) => (at * 7 + Math.floor(at / perToken)) % 16,
      ),
      weights: Float32Array.from({ length: count * perToken }, (_, at) => (at % 2 === 0 ? 0.75 : 0.25)),
    },
  };
}

/** The same text has the same id in every trace. (FNV-1a, cut to the size of a large vocabulary.) */
function idOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % 0x20000;
}
