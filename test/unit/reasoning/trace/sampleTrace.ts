import { ALTERNATIVES, type Trace } from '../../../../src/reasoning/trace/trace.ts';
import { toHalf } from '../../../../src/protocol/toHalf.ts';
import { halfToFloat } from '../../../../src/protocol/unpackRouting.ts';
import { Random } from '../../../support/random.ts';

export interface SampleShape {
  readonly tokens: number;
  /** None: a model without experts. */
  readonly layers?: readonly number[];
  readonly experts?: number;
  readonly topK?: number;
  readonly vocabulary?: number;
}

/** A trace of that shape with random contents, such as an engine records them: its weights are half floats. */
export function sampleTrace(
  { tokens: count, layers, experts = 16, topK = 2, vocabulary = 5000 }: SampleShape,
  seed = 1,
): Trace {
  const random = new Random(seed);
  const below = (length: number, end: number): number[] => Array.from({ length }, () => random.below(end));
  const logarithms = (length: number): Float32Array =>
    Float32Array.from({ length }, () => Math.log(random.uint32() / 2 ** 32 + 1e-12));
  const ids = Uint32Array.from(below(count, vocabulary));
  const alternativeIds = Uint32Array.from(below(count * ALTERNATIVES, vocabulary));
  const texts = new Map([...ids, ...alternativeIds].map((id) => [id, ` w${id}`]));
  const choices = count * (layers?.length ?? 0) * topK;
  return {
    about: {
      id: 'answer-1',
      conversationId: 'conversation-1',
      createdAt: 1_790_000_000_000,
      question: 'What does this print? ≥ 3 Zeilen, 几行',
      model: { name: 'DeepSeek V2 Lite', architecture: 'deepseek2', quantization: 'Q4_K_M' },
      backend: 'ONNX Runtime on the CPU, 4 threads',
      mode: 'auto',
      budgetTokens: 2048,
      sampling: {
        temperature: 0.6,
        topK: 0,
        topP: 0.95,
        minP: 0,
        repetitionPenalty: 1,
        repetitionWindow: 64,
        seed: 4294967295,
      },
      finish: 'stop',
      thoughtEnd: 'model',
      timings: {
        promptTokens: 120,
        reusedTokens: 20,
        prefillMs: 812.25,
        decodedTokens: count,
        decodeMs: 9001.5,
        timeToFirstTokenMs: 900,
        backendMs: 8900,
        speculation: {
          drafted: 10,
          accepted: 7,
          byPosition: [{ drafted: 10, accepted: 7 }],
          bySource: [
            { source: 'lookup', drafted: 6, accepted: 4, byPosition: [{ drafted: 6, accepted: 4 }] },
            { source: 'draft', drafted: 4, accepted: 3, byPosition: [{ drafted: 4, accepted: 3 }] },
          ],
        },
      },
      branchedFrom: { id: 'answer-0', token: 3 },
    },
    thought: 'Okay, so 3 × 4 = 12.\n\nWait, \u{1F914} 再想一想。',
    answer: 'It prints `12`.',
    tokens: {
      count,
      texts,
      ids,
      channels: Uint8Array.from(below(count, 2)),
      origins: Uint8Array.from(below(count, 3)),
      logProbabilities: logarithms(count),
      entropies: logarithms(count).map((value) => -value),
      elapsedMs: Float32Array.from(below(count, 500)),
      alternativeIds,
      alternativeLogProbabilities: logarithms(count * ALTERNATIVES),
    },
    ...(layers && {
      routing: {
        count,
        layers,
        experts,
        topK,
        chosen: Uint16Array.from(below(choices, experts)),
        weights: Float32Array.from({ length: choices }, () => halfToFloat(toHalf(random.uint32() / 2 ** 32))),
      },
    }),
  };
}
