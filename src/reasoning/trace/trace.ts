import type {
  FinishReason,
  GenerationTimings,
  ReasoningMode,
  ResolvedSampling,
  ThoughtEnd,
} from '../../protocol/generation.ts';

/**
 * One answer as it came to be: what was asked, every token that the model chose with what it might have chosen
 * instead, and the experts that each token went to. Held as columns: a long answer has tens of thousands of tokens.
 * docs/trace-format.md says how it is saved.
 */
export interface Trace {
  readonly about: TraceAbout;
  readonly thought: string;
  readonly answer: string;
  readonly tokens: TraceTokens;
  /** Absent for a model without experts, or when nothing was recorded. */
  readonly routing?: TraceRouting;
}

export interface TraceAbout {
  /** Of the answer: the request's id. */
  readonly id: string;
  readonly conversationId: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** As the user wrote it, without what was attached. */
  readonly question: string;
  readonly model: {
    readonly name: string;
    readonly architecture: string;
    /** As the model line of the panel says it, for example `Q8_0`. */
    readonly quantization: string;
    /** Tells its file from others whatever its name. Absent in traces of the first Glassbox versions. */
    readonly fingerprint?: string;
  };
  /** What ran the model, and why that, in the panel's words. */
  readonly backend: string;
  readonly mode: ReasoningMode;
  /** 0: no limit. */
  readonly budgetTokens: number;
  readonly sampling: ResolvedSampling;
  readonly finish: FinishReason;
  readonly thoughtEnd?: ThoughtEnd;
  readonly timings: GenerationTimings;
  /** The answer that this one continues from with another token, if it does. */
  readonly branchedFrom?: { readonly id: string; readonly token: number };
}

/** How many of the best candidates are kept for each token. */
export const ALTERNATIVES = 5;

export const TOKEN_CHANNELS = ['thought', 'answer'] as const;
/** How a token came about. `forced`: written for the model (a closed thought). `guessed`: computed ahead and then chosen. */
export const TOKEN_ORIGINS = ['sampled', 'guessed', 'forced'] as const;

/** Columns of N tokens, in the order in which they were chosen. */
export interface TraceTokens {
  readonly count: number;
  /** Text of a token of the vocabulary, for all that occur below. A token may end amid a character: then U+FFFD. */
  readonly texts: ReadonlyMap<number, string>;
  /** `[N]` */
  readonly ids: Uint32Array;
  /** `[N]`, index of TOKEN_CHANNELS */
  readonly channels: Uint8Array;
  /** `[N]`, index of TOKEN_ORIGINS */
  readonly origins: Uint8Array;
  /** `[N]`, natural logarithm before temperature and filters; NaN for forced tokens, and where it was not measured */
  readonly logProbabilities: Float32Array;
  /** `[N]`, nats; NaN for forced tokens, and where it was not measured */
  readonly entropies: Float32Array;
  /** `[N]`, milliseconds from the token before, or from the end of the prefill */
  readonly elapsedMs: Float32Array;
  /** `[N, ALTERNATIVES]`, best first; id 0 with probability NaN where there are fewer */
  readonly alternativeIds: Uint32Array;
  /** `[N, ALTERNATIVES]`, natural logarithm */
  readonly alternativeLogProbabilities: Float32Array;
}

/**
 * Of the pass that read each of the first M tokens: all of them, or fewer where the routing of the last ones is not
 * known (a file that was cut off, an answer that is being written). Where nothing was recorded for a token, all of its
 * weights are 0.
 */
export interface TraceRouting {
  /** M, at most the trace's tokens */
  readonly count: number;
  /** The model's layers that have experts. */
  readonly layers: readonly number[];
  /** In each of these layers. */
  readonly experts: number;
  readonly topK: number;
  /** `[M, layers, topK]`, as the layer ranked them */
  readonly chosen: Uint16Array;
  /** `[M, layers, topK]`, not negative, as the layer multiplied them; saved with 8 bits */
  readonly weights: Float32Array;
}
