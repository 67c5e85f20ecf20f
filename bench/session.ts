import * as v from 'valibot';

/** What one process does in one round: load, warm up, prefill, decode. */
export interface SessionPlan {
  readonly modelPath: string;
  readonly contextTokens: number;
  readonly threads: number;
  readonly promptTokens: number;
  readonly decodeTokens: number;
  /** A reply, that of the warm-up too, that has taken so long ends, after `LEAST_TOKENS` at least. Absent: all of it. */
  readonly replyMs?: number;
}

/** Tokens of a reply that are timed, however long they take. */
export const LEAST_TOKENS = 4;

/** What a session is doing, for whoever waits for it. */
export type SessionStage = v.InferOutput<typeof SessionStage>;
export const SessionStage = v.picklist(['loading the model', 'warming up', 'reading the prompt', 'replying']);

/** Whether a reply of which so many tokens have been decoded goes on. */
export function goesOn(
  { decodeTokens, replyMs = Infinity }: Pick<SessionPlan, 'decodeTokens' | 'replyMs'>,
  decoded: number,
  elapsedMs: number,
): boolean {
  return decoded < decodeTokens - 1 && (decoded < LEAST_TOKENS || elapsedMs < replyMs);
}

/** What one process measured. Every engine measures the same things, in a process of its own. */
export interface SessionResult {
  readonly loadMs: number;
  readonly prefillTokens: number;
  readonly prefillMs: number;
  /** Forward passes of one token each. */
  readonly decodeTokens: number;
  readonly decodeMs: number;
  /** Peak resident memory of the process after load, prefill and decode. Absent where it cannot be read. */
  readonly peakBytes?: number;
  /** The GPU that computed, where one did. */
  readonly adapter?: string;
  /** What the host spent on writing and submitting a decoded token's dispatches: in the middle, and at least. */
  readonly submitMs?: number;
  readonly leastSubmitMs?: number;
}

/** What is measured of Glassbox alone. */
export interface GlassboxResult extends SessionResult {
  /** Share of the decode time that the engine did not spend waiting for the backend. */
  readonly aboveBackend: number;
  /** Time to the first token of a second question, with and without the KV cache of the first. */
  readonly secondQuestionMs: number;
  readonly reprocessedMs: number;
  /** Tokens of the second question's prompt, and how many of them were in the cache. */
  readonly secondPromptTokens: number;
  readonly secondReusedTokens: number;
  /** For example `ONNX Runtime 1.30.0, C API`. */
  readonly runtime: string;
}

export const tokensPerSecond = {
  prefill: ({ prefillTokens, prefillMs }: SessionResult): number => (prefillTokens * 1000) / prefillMs,
  decode: ({ decodeTokens, decodeMs }: SessionResult): number => (decodeTokens * 1000) / decodeMs,
};

/** Tokens of warm-up before anything is timed: code is compiled, threads are started, memory is touched. */
export const WARM_UP = { promptTokens: 64, decodeTokens: 16 } as const;
