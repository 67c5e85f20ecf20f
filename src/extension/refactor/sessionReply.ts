import type { GenerationTimings } from '../../protocol/generation.ts';

/** What a model wrote for a refactoring, so far or in all. */
export interface SessionReply {
  /** Its name in the engine and among the traces. */
  readonly requestId: string;
  readonly thought: string;
  readonly answer: string;
  readonly hasTrace: boolean;
  /** Absent until the model has come to its end, and after a reload. */
  readonly timings?: GenerationTimings;
}

export function emptyReply(requestId: string): SessionReply {
  return { requestId, thought: '', answer: '', hasTrace: false };
}
