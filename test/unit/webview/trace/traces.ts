import { ALTERNATIVES, type Trace, type TraceTokens } from '../../../../src/reasoning/trace/trace.ts';

/** A trace of these texts: each is a token, the same text is the same id. */
export function traceOf(texts: readonly string[], change: Partial<TraceTokens> = {}): Trace {
  const ids = new Map([...new Set(texts)].map((text, id) => [text, id]));
  const count = texts.length;
  return {
    about: {
      id: 'answer',
      conversationId: 'conversation',
      createdAt: 0,
      question: 'Why?',
      model: { name: 'nano', architecture: 'deepseek2', quantization: 'Q8_0' },
      backend: 'ONNX Runtime',
      mode: 'auto',
      budgetTokens: 0,
      sampling: {
        temperature: 0,
        topK: 0,
        topP: 1,
        minP: 0,
        repetitionPenalty: 1,
        repetitionWindow: 64,
        seed: 1,
      },
      finish: 'stop',
      timings: {
        promptTokens: 1,
        reusedTokens: 0,
        prefillMs: 1,
        decodedTokens: count,
        decodeMs: 10,
        timeToFirstTokenMs: 1,
        backendMs: 9,
      },
    },
    thought: '',
    answer: texts.join(''),
    tokens: {
      count,
      texts: new Map([...ids].map(([text, id]) => [id, text])),
      ids: Uint32Array.from(texts, (text) => ids.get(text) ?? 0),
      channels: new Uint8Array(count).fill(1),
      origins: new Uint8Array(count),
      logProbabilities: new Float32Array(count),
      entropies: new Float32Array(count),
      elapsedMs: new Float32Array(count),
      alternativeIds: new Uint32Array(count * ALTERNATIVES),
      alternativeLogProbabilities: new Float32Array(count * ALTERNATIVES).fill(NaN),
      ...change,
    },
  };
}
