import type { LoadedModel } from '../../protocol/engine.ts';
import type { GenerateResult, ReasoningMode } from '../../protocol/generation.ts';
import type { Trace, TraceTokens } from '../../reasoning/trace/trace.ts';
import { type Continuation, withMeasured } from './continuation.ts';
import { traceRouting } from './traceRouting.ts';

export interface TracedAnswer {
  readonly conversationId: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** As the user wrote it. */
  readonly question: string;
  /** As the panel calls it. */
  readonly modelName: string;
  readonly model: Pick<LoadedModel, 'architecture' | 'quantization' | 'fingerprint'>;
  /** What ran the model, and why that, in the panel's words. */
  readonly backend: string;
  readonly mode: ReasoningMode;
  readonly budgetTokens: number;
  readonly result: GenerateResult;
  readonly tokens: TraceTokens;
  readonly continues?: Continuation;
}

/** One answer and what was measured of it, as a trace. Yields where others may have their turn. */
export function* assembleTrace(answered: TracedAnswer): Generator<undefined, Trace> {
  const { result, tokens, continues, model } = answered;
  const routing = yield* traceRouting(result.routing, tokens.count);
  return {
    about: {
      id: result.requestId,
      conversationId: answered.conversationId,
      createdAt: answered.createdAt,
      question: answered.question,
      model: {
        name: answered.modelName,
        architecture: model.architecture,
        quantization: model.quantization,
        fingerprint: model.fingerprint,
      },
      backend: answered.backend,
      mode: answered.mode,
      budgetTokens: answered.budgetTokens,
      sampling: result.sampling,
      finish: result.finishReason,
      ...(result.thoughtEnd === undefined ? {} : { thoughtEnd: result.thoughtEnd }),
      timings: result.timings,
      ...(continues === undefined
        ? {}
        : { branchedFrom: { id: continues.earlier.about.id, token: continues.token } }),
    },
    thought: result.thought,
    answer: result.answer,
    tokens: continues === undefined ? tokens : withMeasured(tokens, continues),
    ...(routing === undefined ? {} : { routing }),
  };
}
